package com.langfuse.sdk.coroutines.context

/** What went wrong in each case under this mechanism, by the case's name. */
internal class Matrix(mechanism: Mechanism) {
    val problems: Map<String, List<String>>
    val checks: Int

    init {
        var count = 0
        problems =
            CASES
                .associate { case ->
                    Trial(mechanism).use { trial -> case.name to trial.run(case).also { count += trial.checks } }
                }.filterValues { it.isNotEmpty() }
        checks = count
    }
}

/** Which mechanisms are wrong in which case; in all others they are right. */
internal fun knownToFail(mechanism: Mechanism, onNewest: Boolean, underAgent: Boolean): Set<String> =
    buildSet {
        // Where nobody tells the thread, or the program itself left it with something else.
        add("no dispatcher, in the block that a foreign thread resumed")
        add("a scope open across a suspension, in a coroutine without the element")
        add("a context element in flowOn, its collector outside of any block")
        if (underAgent) {
            // The agent hands whatever is current on the thread to whatever is launched there.
            add("a scope open across a suspension, in a coroutine with the element")
        } else {
            add("runBlocking on another dispatcher, without the element")
            add("GlobalScope, without the element")
        }
        if (!onNewest) add("a context element in flowOn, right after collecting")
        if (mechanism == Mechanism.OURS) return@buildSet

        add("Unconfined, after a block that was resumed by a thread with a context of its own")
        if (!underAgent || mechanism == Mechanism.OFFICIAL) add("a context element in flowOn, right after collecting")
        if (mechanism == Mechanism.HEALING) return@buildSet

        add("a scope left open in a block that suspends nowhere")
        add("a scope open across a suspension, in a coroutine with the element")
        add("a scope never closed, in a coroutine with the element")
        if (onNewest) add("a context element in flowOn, then a suspension")
    }
