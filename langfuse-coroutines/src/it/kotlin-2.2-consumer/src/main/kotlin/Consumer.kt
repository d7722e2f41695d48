import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observationBlocking
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.coroutines.propagateAttributesBlocking
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.time.Duration

fun main() {
    // A port where nobody listens: what counts is that all of it is there and fits.
    val client = Langfuse.builder().publicKey("pk").secretKey("sk").baseUrl("http://127.0.0.1:9").build()
    client.let { langfuse ->
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
        langfuse.propagateAttributesBlocking(userId = "u") {
            langfuse.observationBlocking("plain") { plain -> plain.output("x") }
        }
    }
    val report = client.close(Duration.ofMillis(100))
    check(report.observations().pending() + report.observations().dropped() == 5L) { "recorded: $report" }
}
