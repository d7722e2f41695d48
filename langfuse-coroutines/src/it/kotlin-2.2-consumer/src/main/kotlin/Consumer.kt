import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observationBlocking
import com.langfuse.sdk.coroutines.propagateAttributes
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

fun main() {
    Langfuse.fromEnv().use { langfuse ->
        runBlocking(langfuse.asContextElement()) {
            propagateAttributes(userId = "u", tags = listOf("beta")) {
                observation("batch") {
                    listOf(1, 2).map { item ->
                        async { observation("item", TOOL) { tool -> tool.output(item) } }
                    }.awaitAll()
                    langfuse.observation("chat", GENERATION, { model("m") }) { it.usageDetails(Usage.of(1, 2)) }
                }
                withContext(Context.current().asContextElement()) { }
            }
        }
        langfuse.observationBlocking("plain") { plain -> plain.output("x") }
    }
}
