package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.TOOL
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.opentelemetry.context.Context
import java.util.concurrent.Callable
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** Work that goes to other threads: the Context carries the observation, the user and the client, all at once. */
class HandOverTest :
    FunSpec({
        /** Each hand-over opens "there" on another thread; it has to be a child of "here", for the same user. */
        fun handedOver(children: Int = 1, handOver: (Langfuse, Observation) -> Unit) =
            withLangfuse { local, langfuse ->
                langfuse.propagate().userId("u").run<RuntimeException> {
                    langfuse.observation("here").block { here -> handOver(langfuse, here) }
                }
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val here = local.observations().single { it.name == "here" }
                val there = local.observations().filter { it.name == "there" }
                there shouldHaveSize children
                there.forEach {
                    it.parentId shouldBe here.id
                    it.userId shouldBe "u"
                }
            }

        fun Langfuse.there(): String = observation("there", TOOL).block { it.traceId()!! }

        fun <T> onAnotherThread(task: Callable<T>): T {
            val pool = Executors.newSingleThreadExecutor()
            return try {
                pool.submit(task).get(DEADLINE.toSeconds(), TimeUnit.SECONDS).also {
                    pool.submit(Callable { Context.current() }).get() shouldBe Context.root()
                }
            } finally {
                pool.shutdown()
            }
        }

        test("Runnable") {
            handedOver {
                langfuse,
                here,
                ->
                onAnotherThread(Executors.callable(here.context().wrap(Runnable { langfuse.there() })))
            }
        }

        test("Callable, with its result") {
            handedOver { langfuse, here ->
                onAnotherThread(here.context().wrap(Callable { langfuse.there() })) shouldBe here.traceId()
            }
        }

        test("Supplier and Function") {
            handedOver(children = 2) { langfuse, here ->
                val supplier = here.context().wrapSupplier { langfuse.there() }
                val function = here.context().wrapFunction<Int, String> { langfuse.there() + it }
                onAnotherThread { supplier.get() } shouldBe here.traceId()
                onAnotherThread { function.apply(1) } shouldBe here.traceId() + "1"
            }
        }

        test("Executor: every task runs in the one context") {
            val pool = Executors.newFixedThreadPool(2)
            handedOver(children = 10) { langfuse, here ->
                val executor: Executor = here.context().wrap(pool as Executor)
                (1..10).map { CompletableFuture.runAsync({ langfuse.there() }, executor) }.forEach { it.join() }
            }
            pool.shutdown()
        }

        test("ExecutorService: every task runs in the context it was submitted from, and chains on it do") {
            val service: ExecutorService = Context.taskWrapping(Executors.newFixedThreadPool(4))
            handedOver(children = 3) { langfuse, here ->
                service.submit(Callable { langfuse.there() }).get() shouldBe here.traceId()
                CompletableFuture
                    .supplyAsync({ langfuse.there() }, service)
                    .thenApplyAsync({ langfuse.there() }, service)
                    .join() shouldBe here.traceId()
            }
            service.submit(Callable { Context.current() }).get() shouldBe Context.root()
            service.shutdown()
        }

        val virtualThreads = runCatching {
            Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor")
        }.getOrNull()

        test("virtual threads, a thousand at once").config(enabledOrReasonIf = {
            if (virtualThreads != null) {
                io.kotest.core.test.Enabled.enabled
            } else {
                io.kotest.core.test.Enabled.disabled(
                    "SKIPPED: no virtual threads on JDK ${Runtime.version().feature()}",
                )
            }
        }) {
            val service = Context.taskWrapping(virtualThreads!!.invoke(null) as ExecutorService)
            handedOver(children = 1_000) { langfuse, here ->
                (1..1_000)
                    .map {
                        service.submit(
                            Callable {
                                Thread.yield()
                                langfuse.there()
                            },
                        )
                    }.forEach { it.get() shouldBe here.traceId() }
            }
            service.shutdown()
        }

        test("a propagation scope is handed over without being opened here") {
            withLangfuse { local, langfuse ->
                val task = langfuse.propagate().userId("u").context().wrap(
                    Callable {
                        langfuse.observation("there").start().end()
                    },
                )
                Context.current() shouldBe Context.root()
                onAnotherThread(task)
                langfuse.flush(DEADLINE)
                local.observations().single().userId shouldBe "u"
            }
        }
    })
