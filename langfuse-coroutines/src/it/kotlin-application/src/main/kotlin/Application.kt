import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observationBlocking
import com.langfuse.sdk.coroutines.observed
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.coroutines.propagateAttributesBlocking
import com.langfuse.sdk.local.LocalLangfuse
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

fun main() {
    LocalLangfuse.start().use { local ->
        val builder = Langfuse.builder().publicKey(local.publicKey()).secretKey(local.secretKey())
        builder.baseUrl(local.baseUrl().toString()).build().use(::record)
        val parents = local.observations().associate { it.id to it.name }
        val found = local.observations().map { "${it.name} < ${parents[it.parentId]}, ${it.userId}" }.sorted()
        check(found == EXPECTED.sorted()) { "Recorded were $found" }
    }
    println("Kotlin ${KotlinVersion.CURRENT}, coroutines ${coroutinesVersion()}: ${EXPECTED.size} observations.")
}

private val EXPECTED =
    listOf(
        "batch < null, u",
        "item 1 < batch, u",
        "item 2 < batch, u",
        "chat < batch, u",
        "speak < batch, u",
        "flow < batch, u",
        "failing < batch, u",
        "plain < null, v",
    )

private fun record(langfuse: Langfuse) {
    val inUpperCase: suspend (String) -> String = { word -> word.uppercase().also { delay(1) } }
    val speak = observed("speak", TOOL, inUpperCase)
    runBlocking(langfuse.asContextElement()) {
        propagateAttributes(userId = "u", tags = listOf("beta")) {
            observation("batch") {
                listOf(1, 2).map { item ->
                    async(Dispatchers.Default) {
                        observation("item $item", TOOL) { tool -> delay(1).also { tool.output(item) } }
                    }
                }.awaitAll()
                langfuse.observation("chat", GENERATION, { model("m") }) { it.usageDetails(Usage.of(1, 2)) }
                check(speak("word") == "WORD")
                check(flowOf("a", "b").observed("flow", GENERATION).toList() == listOf("a", "b"))
                check(runCatching { observation("failing") { fail() } }.exceptionOrNull()?.message == "mine")
                withContext(Context.current().asContextElement()) { }
            }
        }
    }
    langfuse.propagateAttributesBlocking(userId = "v") {
        langfuse.observationBlocking("plain") { plain -> plain.output("x") }
    }
}

private suspend fun CoroutineScope.fail() {
    async { delay(1) }.await()
    throw IllegalStateException("mine")
}

private fun coroutinesVersion() =
    CoroutineScope::class.java.getResource("/META-INF/kotlinx_coroutines_core.version")?.readText()
