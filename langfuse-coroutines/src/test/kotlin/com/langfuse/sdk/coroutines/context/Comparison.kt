package com.langfuse.sdk.coroutines.context

import kotlin.system.exitProcess

/**
 * Prints, as a table, how often each mechanism is wrong in each case in which one of them is. For a person to read:
 * most of what is wrong with the other mechanisms is a race, lost more or less often.
 *
 * @param arguments how often each case is run
 */
internal fun main(vararg arguments: String) {
    val rounds = arguments.single().toInt()
    val mechanisms = Mechanism.entries
    println("| wrong, of $rounds runs | ${mechanisms.joinToString(" | ")} |")
    println("|---|${"---|".repeat(mechanisms.size)}")
    val wrong = CASES.associate { case -> case.name to mechanisms.map { timesWrong(it, case, rounds) } }
    val (right, differing) = wrong.entries.partition { (_, counts) -> counts.all { it == 0 } }
    differing.forEach { (name, counts) -> println("| $name | ${counts.joinToString(" | ")} |") }
    println("| the other ${right.size} | ${mechanisms.joinToString(" | ") { "0" }} |")
    exitProcess(0)
}

private fun timesWrong(mechanism: Mechanism, case: Case, rounds: Int): Int =
    (1..rounds).count { Trial(mechanism).use { trial -> trial.run(case).isNotEmpty() } }
