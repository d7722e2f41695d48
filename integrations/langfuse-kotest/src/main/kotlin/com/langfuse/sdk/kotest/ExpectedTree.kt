package com.langfuse.sdk.kotest

import com.langfuse.sdk.coroutines.LangfuseDsl
import com.langfuse.sdk.local.assertion.ExpectedObservation
import com.langfuse.sdk.local.assertion.LangfuseAssertions
import com.langfuse.sdk.local.assertion.TraceAssert

/** Observations that are expected beside each other; a function for each type. */
@LangfuseDsl
public sealed class ExpectedSiblings {
    internal val siblings = mutableListOf<ExpectedObservation>()

    /** Any step that is nothing more special. */
    public fun span(name: String, block: ExpectedNode.() -> Unit = {}): Unit = observation("SPAN", name, block)

    /** A call of a language model. */
    public fun generation(name: String, block: ExpectedNode.() -> Unit = {}): Unit =
        observation("GENERATION", name, block)

    /** A point in time. */
    public fun event(name: String, block: ExpectedNode.() -> Unit = {}): Unit = observation("EVENT", name, block)

    /** A call of a model that turns text into vectors. */
    public fun embedding(name: String, block: ExpectedNode.() -> Unit = {}): Unit =
        observation("EMBEDDING", name, block)

    /** A step that decides what happens next. */
    public fun agent(name: String, block: ExpectedNode.() -> Unit = {}): Unit = observation("AGENT", name, block)

    /** A call of a function on a model's behalf. */
    public fun tool(name: String, block: ExpectedNode.() -> Unit = {}): Unit = observation("TOOL", name, block)

    /** A fixed sequence of steps. */
    public fun chain(name: String, block: ExpectedNode.() -> Unit = {}): Unit = observation("CHAIN", name, block)

    /** A search for context. */
    public fun retriever(name: String, block: ExpectedNode.() -> Unit = {}): Unit =
        observation("RETRIEVER", name, block)

    /** A judgement of an output's quality. */
    public fun evaluator(name: String, block: ExpectedNode.() -> Unit = {}): Unit =
        observation("EVALUATOR", name, block)

    /** A check that keeps bad input or output away. */
    public fun guardrail(name: String, block: ExpectedNode.() -> Unit = {}): Unit =
        observation("GUARDRAIL", name, block)

    /**
     * An observation of a type that the test computes.
     *
     * @param type such as `TOOL`, in any case
     */
    public fun observation(type: String, name: String, block: ExpectedNode.() -> Unit = {}) {
        siblings += ExpectedNode().apply(block).named(type, name)
    }
}

/** A trace and its roots; see [shouldHaveTree]. */
public class ExpectedTree internal constructor() : ExpectedSiblings() {
    internal val ofTrace = mutableListOf<(TraceAssert) -> Unit>()

    /** The user the trace belongs to. */
    public fun userId(userId: String): Unit = expect { it.hasUserId(userId) }

    /** The session the trace belongs to. */
    public fun sessionId(sessionId: String): Unit = expect { it.hasSessionId(sessionId) }

    /** Exactly these tags, in any order. */
    public fun tags(vararg tags: String): Unit = expect { it.hasTags(*tags) }

    /** The environment, `default` where none was sent. */
    public fun environment(environment: String): Unit = expect { it.hasEnvironment(environment) }

    private fun expect(assertion: (TraceAssert) -> Unit) {
        ofTrace += assertion
    }
}

/** What one observation should be, and those below it. Only what is named here is compared. */
public class ExpectedNode internal constructor() : ExpectedSiblings() {
    private val wishes = mutableListOf<(ExpectedObservation) -> ExpectedObservation>()

    /** The model, as the program named it. */
    public fun model(model: String): Unit = expect { it.model(model) }

    /** One parameter of the model. */
    public fun modelParameter(key: String, value: Any): Unit = expect { it.modelParameter(key, value) }

    /** Tokens of the usual buckets; those that are null, and all others, are not looked at. */
    public fun usage(input: Long? = null, output: Long? = null, total: Long? = null) {
        input?.let { usage("input", it) }
        output?.let { usage("output", it) }
        total?.let { usage("total", it) }
    }

    /** Tokens of one bucket. */
    public fun usage(bucket: String, tokens: Long): Unit = expect { it.usage(bucket, tokens) }

    /** Cost of one bucket in US dollars. */
    public fun cost(bucket: String, usDollars: Double): Unit = expect { it.cost(bucket, usDollars) }

    /** How bad it was: `DEBUG`, `DEFAULT`, `WARNING` or `ERROR`. */
    public fun level(level: String): Unit = expect { it.level(level) }

    /** The message beside the level, such as an exception's. */
    public fun statusMessage(message: String): Unit = expect { it.statusMessage(message) }

    /**
     * The input. JSON objects and arrays are compared by what they mean, all else as text.
     *
     * @param input text, or something that becomes JSON: a map, list, number, data class
     * @throws IllegalArgumentException if it cannot be written as JSON
     */
    public fun input(input: Any): Unit = expect { it.input(input) }

    /** An input that is there and satisfies a condition, which is given the text as stored. */
    public fun input(condition: (String) -> Boolean): Unit = expect { it.input(condition) }

    /** The output; compared like an input. */
    public fun output(output: Any): Unit = expect { it.output(output) }

    /** An output that is there and satisfies a condition, which is given the text as stored. */
    public fun output(condition: (String) -> Boolean): Unit = expect { it.output(condition) }

    /** One entry of the metadata, compared like an input. */
    public fun metadata(key: String, value: Any): Unit = expect { it.metadata(key, value) }

    /** The version of this observation, else of the service. */
    public fun version(version: String): Unit = expect { it.version(version) }

    /** The prompt of Langfuse that a generation used. */
    public fun prompt(name: String, version: Int): Unit = expect { it.prompt(name, version) }

    /** That the time of the first token was recorded, whenever it was. */
    public fun hasTimeToFirstToken(): Unit = expect { it.hasTimeToFirstToken() }

    /** The children start in the order in which they stand here, which otherwise does not matter. */
    public fun inOrder(): Unit = expect { it.inOrder() }

    /** There may be more children than those that stand here, with anything below them. */
    public fun andOthers(): Unit = expect { it.andOthers() }

    private fun expect(wish: (ExpectedObservation) -> ExpectedObservation) {
        wishes += wish
    }

    internal fun named(type: String, name: String): ExpectedObservation =
        wishes.fold(LangfuseAssertions.observation(type, name, *siblings.toTypedArray())) { expected, wish ->
            wish(expected)
        }
}
