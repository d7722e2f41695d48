package com.langfuse.sdk.conformance

import java.util.PriorityQueue
import java.util.concurrent.FutureTask
import java.util.concurrent.Semaphore
import kotlin.concurrent.thread

/**
 * Branches on threads of their own, of which one runs at a time: where it sleeps, the one goes on that wakes first. So
 * they are interleaved as far as can be, and the same way each time.
 */
internal class Interleaving private constructor() {
    private val turns = PriorityQueue(compareBy(Branch::wakesAt, Branch::turn))
    private val conductor = Semaphore(0)
    private var lastTurn = 0

    private inner class Branch(work: () -> Unit) {
        var wakesAt = 0L
        var turn = 0
        val go = Semaphore(0)
        val task = FutureTask(work)
        val thread =
            thread {
                CURRENT.set(::sleep)
                go.acquireUninterruptibly()
                task.run()
                conductor.release()
            }

        private fun sleep(millis: Long) {
            line(millis)
            conductor.release()
            go.acquireUninterruptibly()
        }

        fun line(millis: Long) {
            wakesAt += millis
            turn = lastTurn++
            turns += this
        }
    }

    private fun run(works: List<() -> Unit>) {
        val branches = works.map(::Branch)
        branches.forEach { it.line(0) }
        while (turns.isNotEmpty()) {
            turns.remove().go.release()
            conductor.acquireUninterruptibly()
        }
        branches.forEach { it.thread.join() }
        branches.forEach { it.task.get() }
    }

    companion object {
        private val CURRENT = ThreadLocal<(Long) -> Unit>()

        fun run(works: List<() -> Unit>) = Interleaving().run(works)

        /** Nobody else is waiting outside of branches, so there it does nothing. */
        fun sleep(millis: Long) {
            CURRENT.get()?.invoke(millis)
        }
    }
}
