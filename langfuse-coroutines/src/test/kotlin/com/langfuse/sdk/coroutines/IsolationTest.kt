package com.langfuse.sdk.coroutines

import com.langfuse.sdk.coroutines.program.Requests
import com.langfuse.sdk.coroutines.program.contextsLeftOnThreads
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe

/** Many requests at once, hopping between threads: every child under its own parent, every user where it belongs. */
class IsolationTest :
    FunSpec({
        test("concurrent requests: 0 wrong parents, 0 wrong users, no context left on any thread") {
            val requests = Requests(if (System.getProperty("langfuse.trials") == "full") 5_000 else 500)
            withLangfuse { local, langfuse ->
                requests.run(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val observations = local.observations()
                observations shouldHaveSize requests.observations
                requests.wrongParents(observations).shouldBeEmpty()
                requests.wrongAttributes(observations).shouldBeEmpty()
                observations.groupBy { it.traceId }.values.forEach { it shouldHaveSize 22 }
            }
            contextsLeftOnThreads().shouldBeEmpty()
        }
    })
