package com.langfuse.sdk.coroutines.program

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.SPAN
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.makeCurrent
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observationBlocking
import com.langfuse.sdk.coroutines.observed
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.local.LocalObservation
import io.opentelemetry.api.trace.SpanId
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * A program of random coroutines that keeps its own account of which observation belongs below which: by arguments,
 * so that the contexts it is about are not asked.
 */
internal class RandomProgram(private val langfuse: Langfuse, private val seed: Int, single: CoroutineDispatcher) {
    /** A scope opened below an observation is written on it too, so it may have one of several users in the end. */
    private class Account(
        val parent: String?,
        user: String?,
        @Volatile var level: String = "never ended",
    ) {
        val users: MutableSet<String?> = ConcurrentHashMap.newKeySet<String>().apply { if (user != null) add(user) }

        fun allows(user: String?) = if (users.isEmpty()) user == null else user != null && user in users
    }

    /** Where in the program we are. */
    private class Place(val name: String?, val id: String, val user: String?, val depth: Int)

    private class Broken : RuntimeException("broken")

    private val accounts = ConcurrentHashMap<String, Account>()
    private val problems = ConcurrentLinkedQueue<String>()
    private val names = AtomicInteger()
    private val dispatchers = listOf(Dispatchers.Default, Dispatchers.IO, single, Dispatchers.Unconfined)

    val size get() = accounts.size

    suspend fun run() {
        // An element around it all: what has none is resumed by Unconfined with whatever the resuming thread has.
        withContext(Dispatchers.Default + langfuse.asContextElement()) {
            steps(Place(null, SpanId.getInvalid(), null, 0), Random(seed), this)
        }
    }

    /** What is not as the program knows it to be. */
    fun problems(observations: List<LocalObservation>): List<String> {
        val mine = observations.filter { it.name.startsWith("$seed/") }
        val byId = mine.associateBy { it.id }
        val byName = mine.groupBy { it.name }
        accounts.forEach { (name, account) ->
            val found = byName[name].orEmpty()
            val one = found.singleOrNull()
            if (one == null) {
                problems += "$name arrived ${found.size} times"
            } else {
                val parent = byId[one.parentId]?.name
                if (parent != account.parent) problems += "$name: expected parent ${account.parent}, was $parent"
                if (!account.allows(one.userId)) problems += "$name: expected ${account.users}, was ${one.userId}"
                if (one.level !in account.level) problems += "$name: expected ${account.level}, was ${one.level}"
            }
        }
        if (mine.size != accounts.size) problems += "${accounts.size} recorded, ${mine.size} arrived"
        return problems.map { "seed $seed: $it" }
    }

    private suspend fun steps(place: Place, random: Random, scope: CoroutineScope) {
        val width = if (place.depth == 0) random.nextInt(1, 21) else random.nextInt(0, 5)
        repeat(width) {
            val fork = Random(random.nextInt())
            if (accounts.size < MOST && place.depth < DEEPEST) step(place, fork, scope) else pause(fork)
            check(place)
        }
    }

    private fun check(place: Place) {
        val current = Observation.current().id()
        if (current != place.id) problems += "in ${place.name} the current observation was $current"
    }

    private suspend fun step(place: Place, random: Random, scope: CoroutineScope) {
        when (random.nextInt(14)) {
            0, 1, 2 -> {
                settled { block(place, random) }
            }

            3 -> {
                settled { coroutineScope { List(random.nextInt(1, 4)) { child(place, random, it) }.awaitAll() } }
            }

            4 -> {
                settled {
                    supervisorScope {
                        List(random.nextInt(1, 4)) { child(place, random, it) }.forEach { settled { it.await() } }
                    }
                }
            }

            5 -> {
                val fork = Random(random.nextInt())
                scope.launch(dispatcher(random)) { settled { block(place, fork) } }
            }

            6 -> {
                withContext(dispatcher(random)) { steps(place.deeper(), random, this) }
            }

            7 -> {
                settled { flow(place, random) }
            }

            8 -> {
                withTimeoutOrNull(random.nextLong(0, 3).milliseconds) {
                    settled { block(place, random) }
                    awaitCancellation()
                }
            }

            9 -> {
                val user = "user ${random.nextInt(100)}"
                place.name?.let { accounts.getValue(it).users += user }
                langfuse.propagateAttributes(userId = user) {
                    steps(Place(place.name, place.id, user, place.depth + 1), random, this)
                }
            }

            10 -> {
                handle(place, random)
            }

            11 -> {
                settled { cancelled(place, random) }
            }

            12 -> {
                settled { plain(place, random) }
            }

            else -> {
                pause(random)
            }
        }
    }

    private suspend fun pause(random: Random) {
        when (random.nextInt(4)) {
            0 -> yield()
            1 -> delay(1)
            2 -> withContext(dispatcher(random)) { yield() }
            else -> Unit
        }
    }

    private fun CoroutineScope.child(place: Place, random: Random, number: Int) =
        Random(random.nextInt()).let { fork ->
            if (number % 2 == 0) async(dispatcher(fork)) { block(place, fork) } else async { block(place, fork) }
        }

    private suspend fun block(place: Place, random: Random) {
        val type = listOf(SPAN, AGENT, TOOL, GENERATION).random(random)
        accounted(place) { name ->
            langfuse.observation(name, type) { observation ->
                inside(place, name, observation, random, this)
            }
        }
    }

    private suspend fun inside(place: Place, name: String, own: Observation, random: Random, scope: CoroutineScope) {
        val here = Place(name, own.id(), place.user, place.depth + 1)
        check(here)
        try {
            steps(here, random, scope)
            if (random.nextInt(10) == 0) throw Broken()
        } finally {
            check(here)
        }
    }

    /** Runs it under a new name, and keeps in mind how it was left. */
    private suspend fun <T> accounted(place: Place, isFlow: Boolean = false, run: suspend (String) -> T): T {
        val name = "$seed/${names.incrementAndGet()}"
        val account = Account(place.name, place.user)
        accounts[name] = account
        try {
            val result = run(name)
            // A flow may have had its last element when this coroutine was cancelled, and nobody noticed yet.
            account.level = if (isFlow && !currentCoroutineContext().isActive) "DEFAULT WARNING" else "DEFAULT"
            return result
        } catch (e: CancellationException) {
            // A flow may be over before its collector, in another coroutine, is cancelled.
            account.level = if (isFlow) "DEFAULT WARNING" else "WARNING"
            throw e
        } catch (e: Throwable) {
            account.level = "ERROR"
            throw e
        } finally {
            check(place)
        }
    }

    private suspend fun flow(place: Place, random: Random) {
        val fork = Random(random.nextInt())
        accounted(place, isFlow = true) { name ->
            val source =
                flow {
                    val upstream = Place(name, Observation.current().id(), place.user, place.depth + 1)
                    repeat(fork.nextInt(1, 4)) {
                        pause(fork)
                        settled { block(upstream, fork) }
                        emit(it)
                        check(upstream)
                    }
                }
            val observed = source.observed(name, GENERATION, client = langfuse)
            val variants = listOf(observed, observed.take(1), observed.buffer(1).flowOn(dispatcher(random)))
            variants.random(random).collect {
                check(place)
                pause(random)
                if (random.nextBoolean()) settled { block(place.deeper(), random) }
                check(place)
            }
        }
    }

    private suspend fun handle(place: Place, random: Random) {
        val name = "$seed/${names.incrementAndGet()}"
        val handle = langfuse.observation(name).start()
        accounts[name] = Account(place.name, place.user, "DEFAULT")
        check(place)
        val here = Place(name, handle.id(), place.user, place.depth + 1)
        try {
            when (random.nextInt(3)) {
                0 -> handle.makeCurrent { steps(here, random, this) }
                1 -> withContext(handle.asContextElement() + dispatcher(random)) { steps(here, random, this) }
                else -> settled { childOf(handle, here, random) }
            }
        } finally {
            handle.end()
        }
    }

    private suspend fun childOf(handle: Observation, here: Place, random: Random) {
        val elsewhere = Observation.current().id()
        try {
            val name = "$seed/${names.incrementAndGet()}"
            val account = Account(here.name, here.user, "DEFAULT ERROR WARNING")
            accounts[name] = account
            handle.observation(name) { inside(here, name, it, random, this) }
        } finally {
            if (Observation.current().id() != elsewhere) problems += "a child of a handle was left current"
        }
    }

    private suspend fun cancelled(place: Place, random: Random) =
        coroutineScope {
            val job =
                launch(dispatcher(random)) {
                    accounted(place) { name ->
                        langfuse.observation(name) {
                            inside(place, name, it, random, this)
                            awaitCancellation()
                        }
                    }
                }
            pause(random)
            job.cancel()
        }

    private suspend fun plain(place: Place, random: Random) {
        accounted(place) { name ->
            langfuse.observationBlocking(name) { if (random.nextInt(5) == 0) throw Broken() }
        }
    }

    /** Failures stop here; the cancellation of this coroutine does not. */
    private suspend fun settled(run: suspend () -> Unit) {
        try {
            run()
        } catch (_: Broken) {
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
        }
    }

    private fun dispatcher(random: Random) = dispatchers.random(random)

    private fun Place.deeper() = Place(name, id, user, depth + 1)

    private companion object {
        const val DEEPEST = 6
        const val MOST = 150
    }
}
