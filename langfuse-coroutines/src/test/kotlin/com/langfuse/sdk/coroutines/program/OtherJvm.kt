package com.langfuse.sdk.coroutines.program

import com.langfuse.sdk.coroutines.DEADLINE
import com.langfuse.sdk.coroutines.context.Matrix
import com.langfuse.sdk.coroutines.context.Mechanism
import com.langfuse.sdk.coroutines.context.promised
import com.langfuse.sdk.coroutines.withLangfuse
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.runBlocking
import java.util.concurrent.Executors
import kotlin.system.exitProcess

/** Everything once more in a JVM of its own: without OpenTelemetry's strict check, which hides some faults, or under its agent. */
internal fun main(vararg arguments: String) {
    val (onNewest, underAgent) = arguments.take(2).map { it.toBoolean() }
    val (requests, programs) = arguments.drop(2).map { it.toInt() }
    val problems = mutableListOf<String>()
    val cases = promised(onNewest, underAgent)
    val matrix = Matrix(Mechanism.OURS, cases)
    println("${cases.size} cases, ${matrix.checks} checks, ${matrix.problems.size} wrong")
    matrix.problems.forEach { (case, what) -> problems += "$case: $what" }
    runBlocking {
        problems += requests(requests)
        problems += programs(programs)
        problems += contextsLeftOnThreads()
    }
    println(if (problems.isEmpty()) "All right" else problems.joinToString("\n", "WRONG\n"))
    exitProcess(0)
}

private suspend fun requests(count: Int): List<String> =
    withLangfuse { local, langfuse ->
        val requests = Requests(count)
        requests.run(langfuse)
        val report = langfuse.flush(DEADLINE)
        val observations = local.observations()
        val parents = requests.wrongParents(observations)
        val attributes = requests.wrongAttributes(observations)
        println(
            "${observations.size} observations in ${requests.coroutines} coroutines: ${parents.size} wrong parents, ${attributes.size} wrong attributes",
        )
        parents.take(5) + attributes.take(5) +
            listOfNotNull("$report".takeIf { !report.isComplete || observations.size != requests.observations })
    }

private suspend fun programs(count: Int): List<String> =
    Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { single ->
        withLangfuse { local, langfuse ->
            val programs = (1..count).map { RandomProgram(langfuse, it, single) }
            programs.forEach { it.run() }
            langfuse.flush(DEADLINE)
            val observations = local.observations()
            println("${observations.size} observations in $count random programs")
            programs.flatMap { it.problems(observations) }.take(20)
        }
    }
