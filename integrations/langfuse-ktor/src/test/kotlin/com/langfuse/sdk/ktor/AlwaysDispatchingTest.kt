package com.langfuse.sdk.ktor

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.UnconfinedTestDispatcher
import kotlinx.coroutines.withContext
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext

/** Resumes in place, as Netty's does on its own threads. */
private object InPlace : CoroutineDispatcher() {
    override fun isDispatchNeeded(context: CoroutineContext) = false

    override fun dispatch(context: CoroutineContext, block: Runnable) = Dispatchers.Default.dispatch(context, block)
}

private suspend fun dispatcher() = currentCoroutineContext()[ContinuationInterceptor] as CoroutineDispatcher

@OptIn(ExperimentalCoroutinesApi::class)
class AlwaysDispatchingTest :
    FunSpec({
        test("only a dispatcher that resumes in place is replaced, and once") {
            for (kept in listOf(Dispatchers.Default, Dispatchers.Unconfined)) {
                withContext(kept) { alwaysDispatching { dispatcher() shouldBeSameInstanceAs kept } }
            }
            withContext(InPlace) {
                alwaysDispatching {
                    val always = dispatcher()
                    always.isDispatchNeeded(currentCoroutineContext()) shouldBe true
                    alwaysDispatching { dispatcher() shouldBeSameInstanceAs always }
                }
                dispatcher() shouldBeSameInstanceAs InPlace
            }
        }

        test("dispatchers that cannot dispatch do as well") {
            for (unconfined in listOf(Dispatchers.Unconfined, UnconfinedTestDispatcher())) {
                val steps = mutableListOf<String>()
                withContext(unconfined) {
                    alwaysDispatching {
                        withContext(Dispatchers.Default) { delay(1) }
                        steps += "in"
                    }
                    steps += "out"
                }
                steps shouldBe listOf("in", "out")
            }
        }

        test("the block's own outcome comes out, even if the call is cancelled meanwhile") {
            val boom = IllegalStateException("boom")
            withContext(InPlace) {
                shouldThrow<IllegalStateException> {
                    alwaysDispatching {
                        delay(1)
                        throw boom
                    }
                } shouldBeSameInstanceAs boom
            }
            val steps = mutableListOf<String>()
            coroutineScope {
                launch(InPlace) {
                    alwaysDispatching {
                        delay(1)
                        currentCoroutineContext().cancel()
                    }
                    steps += "went on"
                }
            }
            steps shouldHaveSize 1
        }
    })
