package com.langfuse.sdk.coroutines

import com.langfuse.sdk.coroutines.program.RandomProgram
import com.langfuse.sdk.coroutines.program.contextsLeftOnThreads
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import kotlinx.coroutines.asCoroutineDispatcher
import java.util.concurrent.Executors

/** Whatever a program of coroutines looks like: the tree on the wire is the program's own. */
class RandomProgramTest :
    FunSpec({
        test("random programs arrive as what they are") {
            val programs = if (System.getProperty("langfuse.trials") == "full") 1_000 else 60
            var observations = 0
            Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { single ->
                withLangfuse { local, langfuse ->
                    checkAll(programs, Arb.int()) { seed ->
                        val program = RandomProgram(langfuse, seed, single)
                        program.run()
                        langfuse.flush(DEADLINE).isComplete shouldBe true
                        withClue("seed $seed") { program.problems(local.observations()).shouldBeEmpty() }
                        observations += program.size
                        local.clear() // some seeds are drawn twice, and give the same names
                    }
                }
            }
            observations shouldBeGreaterThan programs
            contextsLeftOnThreads().shouldBeEmpty()
        }
    })
