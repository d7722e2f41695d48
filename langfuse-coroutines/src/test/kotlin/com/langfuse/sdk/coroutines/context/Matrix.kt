package com.langfuse.sdk.coroutines.context

/** What went wrong in each of the cases under this mechanism, by the case's name. */
internal class Matrix(mechanism: Mechanism, cases: List<Case>) {
    val problems: Map<String, List<String>>
    val checks: Int

    init {
        var count = 0
        problems =
            cases
                .associate { case ->
                    Trial(mechanism).use { trial -> case.name to trial.run(case).also { count += trial.checks } }
                }.filterValues { it.isNotEmpty() }
        checks = count
    }
}

/** The cases that the module promises to get right, in every run and under any load. */
internal fun promised(onNewest: Boolean, underAgent: Boolean): List<Case> {
    val limits = limits(onNewest, underAgent)
    check(CASES.map { it.name }.containsAll(limits)) { "no such case: ${limits - CASES.map { it.name }.toSet()}" }
    return CASES.filter { it.name !in limits }
}

/**
 * The cases that the documentation of `asContextElement` says will not work. How often they go wrong depends on the
 * machine and on the coroutines library, so they are compared on request and never asserted.
 */
private fun limits(onNewest: Boolean, underAgent: Boolean): Set<String> =
    buildSet {
        // Nothing tells the thread, or the program itself left it with something else.
        add("no dispatcher, in the block that a foreign thread resumed")
        add("a scope open across a suspension, in a coroutine without the element")
        add("a context element in flowOn, its collector outside of any block")
        add("runBlocking on another dispatcher, without the element")
        add("runBlocking among coroutines of one event loop, without the element")
        add("GlobalScope, without the element")
        if (!onNewest) add("a context element in flowOn, right after collecting")
        // The agent hands whatever is current on the thread to whatever is launched there.
        if (underAgent) add("a scope open across a suspension, in a coroutine with the element")
    }
