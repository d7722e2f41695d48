package com.langfuse.sdk.internal

import com.anthropic.models.messages.MessageCreateParams
import com.fasterxml.jackson.annotation.JsonIgnore
import com.fasterxml.jackson.databind.JsonSerializer
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.module.SimpleModule
import com.google.gson.JsonParser
import com.google.protobuf.Any.pack
import com.google.protobuf.ByteString
import com.google.protobuf.ListValue
import com.google.protobuf.Struct
import com.google.protobuf.Timestamp
import com.google.protobuf.Value
import com.openai.core.JsonValue
import com.openai.core.MultipartField
import com.openai.models.chat.completions.ChatCompletion
import com.openai.models.chat.completions.ChatCompletionCreateParams
import com.openai.models.chat.completions.ChatCompletionListParams
import com.openai.models.images.ImageEditParams
import dev.langchain4j.agent.tool.ToolExecutionRequest
import dev.langchain4j.agent.tool.ToolSpecification
import dev.langchain4j.data.document.Metadata
import dev.langchain4j.data.message.AiMessage
import dev.langchain4j.data.message.ImageContent
import dev.langchain4j.data.message.PdfFileContent
import dev.langchain4j.data.message.SystemMessage
import dev.langchain4j.data.message.TextContent
import dev.langchain4j.data.message.ToolExecutionResultMessage
import dev.langchain4j.data.message.UserMessage
import dev.langchain4j.data.segment.TextSegment
import dev.langchain4j.model.chat.request.ChatRequest
import dev.langchain4j.model.chat.request.json.JsonObjectSchema
import dev.langchain4j.model.chat.response.ChatResponse
import dev.langchain4j.model.output.TokenUsage
import groovy.json.JsonBuilder
import groovy.lang.Closure
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.proto.trace.v1.Span
import jakarta.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import okhttp3.HttpUrl.Companion.toHttpUrl
import okhttp3.Request
import org.apache.avro.SchemaBuilder
import org.apache.avro.generic.GenericData
import org.bson.BsonDocument
import org.bson.BsonInt32
import org.bson.BsonString
import org.bson.types.ObjectId
import org.codehaus.groovy.runtime.GStringImpl
import org.json.JSONArray
import org.json.JSONObject
import org.springframework.ai.chat.messages.AssistantMessage
import org.springframework.ai.chat.messages.ToolResponseMessage
import org.springframework.ai.chat.prompt.Prompt
import org.springframework.ai.content.Media
import org.springframework.util.MimeTypeUtils
import software.amazon.awssdk.core.SdkBytes
import software.amazon.awssdk.core.document.Document
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole
import software.amazon.awssdk.services.bedrockruntime.model.ConverseRequest
import software.amazon.awssdk.services.bedrockruntime.model.ImageBlock
import software.amazon.awssdk.services.bedrockruntime.model.ImageSource
import software.amazon.awssdk.services.bedrockruntime.model.Message
import java.io.InputStream
import java.net.URI
import java.net.URL
import java.net.URLClassLoader
import java.net.http.HttpClient
import java.net.http.HttpHeaders
import java.net.http.HttpRequest
import java.nio.charset.StandardCharsets
import java.security.KeyPairGenerator
import java.util.Base64
import java.util.BitSet
import java.util.Locale
import java.util.concurrent.Flow
import java.util.regex.Pattern
import javax.crypto.spec.SecretKeySpec
import javax.sql.rowset.serial.SerialBlob
import com.anthropic.core.jsonMapper as anthropicMapper
import com.openai.core.jsonMapper as openAiMapper
import org.springframework.ai.chat.messages.UserMessage as SpringUserMessage

/** Values of real libraries, and of the JDK, that are text, JSON or messages, and no beans. */
class ForeignValuesTest :
    FunSpec({
        val log = QuietLog(false)
        val ours = JsonEncoder(log)
        val theirs = JsonEncoder(ObjectMapper(), Int.MAX_VALUE, log)
        val json = ObjectMapper()

        /** With our settings and with a plain mapper of the application's, alone and in a list. */
        fun written(value: Any): String {
            val text = ours.encode(value)!!
            val inside = """["before",$text,"after"]"""
            ours.encode(listOf("before", value, "after")) shouldBe inside
            theirs.encode(value) shouldBe text
            theirs.encode(listOf("before", value, "after")) shouldBe inside
            json.readTree(inside).size() shouldBe 3
            return text
        }

        fun same(text: String, expected: String) = json.readTree(text) shouldBe json.readTree(expected)

        context("JSON stays what it is") {
            val text = """{"a":[1,true,null,"x \"y\" é😀"],"b":{"c":1.5}}"""
            withData<Pair<String, Any>>(
                nameFn = { it.first },
                "kotlinx.serialization" to kotlinx.serialization.json.Json.parseToJsonElement(text),
                "Jackson 3" to tools.jackson.databind.ObjectMapper().readTree(text),
                "Jackson 2" to ObjectMapper().readTree(text),
                "org.json" to JSONObject(text),
                "Gson" to JsonParser.parseString(text),
                "jakarta.json" to Json.createReader(text.reader()).readObject(),
                "protobuf Struct" to
                    Struct.newBuilder().also { com.google.protobuf.util.JsonFormat.parser().merge(text, it) }.build(),
                "AWS document" to
                    Document.fromMap(
                        mapOf(
                            "a" to
                                Document.fromList(
                                    listOf(
                                        Document.fromNumber(1),
                                        Document.fromBoolean(true),
                                        Document.fromNull(),
                                        Document.fromString("x \"y\" é😀"),
                                    ),
                                ),
                            "b" to Document.fromMap(mapOf("c" to Document.fromNumber(1.5))),
                        ),
                    ),
                "Groovy" to JsonBuilder(json.readValue(text, Map::class.java)),
            ) { (_, value) ->
                val expected = json.readTree(text)
                // Protobuf has floating point numbers only, AWS keeps numbers as texts.
                val numbers = written(value).replace("1.0", "1").replace(Regex("\"(1|1.5)\""), "$1")
                json.readTree(numbers) shouldBe expected
            }
        }

        context("JSON that is not an object") {
            withData<Pair<Any, String>>(
                nameFn = { it.first.javaClass.simpleName + " " + it.second },
                JsonPrimitive("x\ny") to "\"x\\ny\"",
                JsonPrimitive(1) to "1",
                JsonNull to "null",
                buildJsonArray {} to "[]",
                buildJsonObject { put("a", 1) } to """{"a":1}""",
                JSONArray(listOf(1, JSONObject.NULL)) to "[1,null]",
                JSONObject.NULL to "null",
                JsonParser.parseString("\"g\"") to "\"g\"",
                JsonParser.parseString("[{}]") to "[{}]",
                Json.createValue("j") to "\"j\"",
                jakarta.json.JsonValue.TRUE to "true",
                tools.jackson.databind.node.StringNode.valueOf("t") to "\"t\"",
                tools.jackson.databind.ObjectMapper().readTree("[1,[2]]") to "[1,[2]]",
            ) { (value, expected) -> written(value) shouldBe expected }
        }

        test("a large tree is written as it is, once") {
            val tree =
                buildJsonObject {
                    repeat(5_000) { put("key$it", buildJsonArray { add(JsonPrimitive("value $it")) }) }
                }
            written(tree) shouldBe tree.toString()
        }

        test("JSON of a library that does not parse is a text: what surrounds it stays JSON") {
            class Broken : JSONObject() {
                override fun toString() = "{broken"
            }
            written(Broken()) shouldBe "\"{broken\""
            written(JSONObjectOf("1 2")) shouldBe "\"1 2\""
            written(JSONObjectOf("")) shouldBe "\"\""
            written(JSONObjectOf("{\"a\":\"\u0001\"}")) shouldBe "\"{\\\"a\\\":\\\"\\u0001\\\"}\""
        }

        test("JSON and texts that are longer than any value may be are cut, and JSON is a text then") {
            val long = "x".repeat(Limits.DEFAULT.characters().toInt())
            listOf(JSONObjectOf("\"$long\""), LongText(long + "yz")).forEach {
                ours.encode(listOf(it, 1))!! shouldContain "xxx… [cut: ${long.length + 2} characters]\""
            }
        }

        test("a toString that throws costs its own place") {
            listOf(ours, theirs).forEach { encoder ->
                encoder.encode(listOf("before", JSONObjectOf(null), "after")) shouldBe
                    """["before","<not readable: IllegalStateException>","after"]"""
                encoder.encode(JSONObjectOf(null)) shouldBe "\"<not serializable object of type: JSONObjectOf>\""
            }
        }

        test("Jackson's trees of another class loader, and protobuf without its JSON format") {
            fun jar(type: Class<*>) = type.protectionDomain.codeSource.location
            val jackson =
                arrayOf(
                    ObjectMapper::class.java,
                    com.fasterxml.jackson.core.JsonFactory::class.java,
                    com.fasterxml.jackson.annotation.JsonProperty::class.java,
                )
            URLClassLoader(jackson.map(::jar).toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
                val mapper = loader.loadClass(ObjectMapper::class.java.name).getConstructor().newInstance()
                val tree = mapper.javaClass.getMethod("readTree", String::class.java).invoke(mapper, """{"a":[1]}""")
                written(tree) shouldBe """{"a":[1]}"""
            }
            URLClassLoader(arrayOf(jar(Timestamp::class.java)), ClassLoader.getPlatformClassLoader()).use { loader ->
                val message = loader.loadClass(Timestamp::class.java.name).getMethod("getDefaultInstance").invoke(null)
                written(message) shouldBe "\"\""
            }
        }

        context("protobuf, as its own JSON format prints it") {
            withData<Pair<com.google.protobuf.MessageOrBuilder, String>>(
                nameFn = { it.first.javaClass.simpleName + " " + it.second },
                Timestamp.newBuilder().setSeconds(5).build() to "\"1970-01-01T00:00:05Z\"",
                Timestamp.newBuilder().setSeconds(5) to "\"1970-01-01T00:00:05Z\"",
                ListValue.newBuilder().addValues(Value.newBuilder().setStringValue("v")).build() to """["v"]""",
                Span.newBuilder().setName("s").setStartTimeUnixNano(7).build() to
                    """{"name":"s","startTimeUnixNano":"7"}""",
            ) { (message, expected) -> written(message) shouldBe expected }
        }

        test("protobuf that its JSON format cannot print is its text; bytes are bytes") {
            written(Timestamp.getDescriptor()) shouldBe "\"<Descriptor>\""
            written(pack(Span.getDefaultInstance())) shouldContain "type_url"
            ours.encode(listOf(ByteString.copyFromUtf8("text"), ByteString.copyFrom(byteArrayOf(0, -1)))) shouldBe
                """["text","<bytes 2>"]"""
        }

        test("openai-java: requests as they are sent, responses as they came, with what the library does not know") {
            val request =
                ChatCompletionCreateParams
                    .builder()
                    .model("gpt-4o")
                    .addSystemMessage("be brief")
                    .addUserMessage("hi")
                    .temperature(0.5)
                    .putAdditionalBodyProperty("new_field", JsonValue.from(mapOf("y" to 1)))
                    .putAdditionalHeader("Authorization", "secret")
                    .build()
            same(
                written(request),
                """{"messages":[{"content":"be brief","role":"system"},{"content":"hi","role":"user"}],""" +
                    """"model":"gpt-4o","temperature":0.5,"new_field":{"y":1}}""",
            )
            same(written(request.messages()[1]), """{"content":"hi","role":"user"}""")
            val answer =
                """{"id":"1","choices":[{"finish_reason":"stop","index":0,"logprobs":null,""" +
                    """"message":{"content":"yo","refusal":null,"role":"assistant","tool_calls":[{"id":"c",""" +
                    """"type":"function","function":{"name":"f","arguments":"{}"}}]}}],"created":1,"model":"m",""" +
                    """"object":"chat.completion","zz":[1],""" +
                    """"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"""
            val response = openAiMapper().readValue(answer, ChatCompletion::class.java)
            same(written(response), answer)
            same(written(response.choices()[0].message()), json.readTree(answer)["choices"][0]["message"].toString())
            written(JsonValue.from(listOf(1, "a"))) shouldBe """[1,"a"]"""
            written(com.openai.models.ChatModel.GPT_4O) shouldBe "\"gpt-4o\""
        }

        test("openai-java: forms leave their streams unread, requests without a body are their parameters") {
            val stream =
                object : InputStream() {
                    override fun read(): Int = throw AssertionError("was read")
                }
            val form =
                ImageEditParams
                    .builder()
                    .image(MultipartField.of(ImageEditParams.Image.ofInputStream(stream)))
                    .prompt("add a hat")
                    .build()
            val text = ours.encode(form)!!
            json.readTree(text)["prompt"].textValue() shouldBe "add a hat"
            written(
                ChatCompletionListParams.builder().limit(3).putAdditionalHeader("Authorization", "secret").build(),
            ) shouldBe """{"limit":3}"""
        }

        test("anthropic-java: requests as they are sent, responses as they came") {
            val request =
                MessageCreateParams
                    .builder()
                    .model("claude-sonnet-4-5")
                    .maxTokens(10)
                    .addUserMessage("hi")
                    .putAdditionalBodyProperty("new_field", com.anthropic.core.JsonValue.from(1))
                    .build()
            same(
                written(request),
                """{"max_tokens":10,"messages":[{"content":"hi","role":"user"}],""" +
                    """"model":"claude-sonnet-4-5","new_field":1}""",
            )
            val answer =
                """{"id":"m","content":[{"type":"text","text":"yo","citations":null},{"type":"tool_use","id":"t",""" +
                    """"name":"f","input":{"a":1}}],"model":"claude","role":"assistant","stop_reason":"end_turn",""" +
                    """"stop_sequence":null,"type":"message","usage":{"input_tokens":1,"output_tokens":2},"zz":1}"""
            val response =
                anthropicMapper()
                    .readValue(answer, com.anthropic.models.messages.Message::class.java)
            same(written(response), answer)
            same(written(response.content()[1]), json.readTree(answer)["content"][1].toString())
        }

        test("google-genai: as it goes over the wire") {
            val content =
                com.google.genai.types.Content
                    .builder()
                    .role("user")
                    .parts(com.google.genai.types.Part.fromText("hi"))
                    .build()
            same(written(content), """{"parts":[{"text":"hi"}],"role":"user"}""")
        }

        test("LangChain4j: messages have their role, tool calls and parts") {
            same(written(SystemMessage("be brief")), """{"role":"system","content":"be brief"}""")
            same(written(UserMessage("ada", "hi")), """{"role":"user","name":"ada","content":"hi"}""")
            same(
                written(
                    UserMessage.from(
                        TextContent("what?"),
                        ImageContent("aGVsbG8=", "image/png"),
                        ImageContent("http://i/1"),
                    ),
                ),
                """{"role":"user","content":[{"type":"text","text":"what?"},
                    {"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8=","detail":"low"}},
                    {"type":"image_url","image_url":{"url":"http://i/1","detail":"low"}}]}""",
            )
            same(
                written(UserMessage.from(PdfFileContent("aGVsbG8=", "application/pdf"))),
                """{"role":"user","content":[{"type":"pdf",
                    "pdfFile":{"base64Data":"aGVsbG8=","mimeType":"application/pdf"}}]}""",
            )
            val call = ToolExecutionRequest.builder().id("c1").name("weather").arguments("{\"city\":\"Ulm\"}").build()
            val callJson =
                """{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Ulm\"}"}}"""
            same(
                written(AiMessage("let me see", listOf(call))),
                """{"role":"assistant","content":"let me see","tool_calls":[$callJson]}""",
            )
            same(written(AiMessage.from(call)), """{"role":"assistant","tool_calls":[$callJson]}""")
            same(
                written(ToolExecutionResultMessage.from(call, "sunny")),
                """{"role":"tool","tool_call_id":"c1","name":"weather","content":"sunny"}""",
            )
        }

        test("LangChain4j: requests, responses, tools, segments") {
            val tool =
                ToolSpecification
                    .builder()
                    .name("weather")
                    .parameters(JsonObjectSchema.builder().addStringProperty("city").required("city").build())
                    .build()
            val toolJson =
                """{"name":"weather","parameters":{"type":"object",
                    "properties":{"city":{"type":"string"}},"required":["city"]}}"""
            same(written(tool), toolJson)
            val request =
                ChatRequest
                    .builder()
                    .messages(UserMessage("hi"))
                    .modelName("m")
                    .toolSpecifications(tool)
                    .build()
            val written = json.readTree(written(request))
            written["messages"] shouldBe json.readTree("""[{"role":"user","content":"hi"}]""")
            written["parameters"]["toolSpecifications"][0] shouldBe json.readTree(toolJson)
            val response =
                ChatResponse
                    .builder()
                    .aiMessage(AiMessage("yo"))
                    .modelName("m")
                    .tokenUsage(TokenUsage(1, 2))
                    .build()
            same(
                written(response),
                """{"aiMessage":{"role":"assistant","content":"yo"},"metadata":{"modelName":"m",
                    "tokenUsage":{"inputTokenCount":1,"outputTokenCount":2,"totalTokenCount":3}}}""",
            )
            same(written(TextSegment.from("t", Metadata.from("k", "v"))), """{"text":"t","metadata":{"k":"v"}}""")
        }

        test("Spring AI: messages have their role, tool calls and media") {
            same(written(SpringUserMessage("hi")), """{"role":"user","content":"hi"}""")
            val media = Media(MimeTypeUtils.IMAGE_PNG, URI("http://i/1"))
            val withMedia = json.readTree(written(SpringUserMessage.builder().text("what?").media(media).build()))
            withMedia["content"][0] shouldBe json.readTree("""{"type":"text","text":"what?"}""")
            withMedia["content"][1]["mimeType"].textValue() shouldBe "image/png"
            withMedia["content"][1]["data"].textValue() shouldBe "http://i/1"
            val call = AssistantMessage.ToolCall("c1", "function", "weather", "{}")
            val assistant = AssistantMessage.builder().content("let me see").toolCalls(listOf(call)).build()
            val assistantJson =
                """{"role":"assistant","content":"let me see","tool_calls":[
                    {"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}]}"""
            same(written(assistant), assistantJson)
            val result =
                ToolResponseMessage
                    .builder()
                    .responses(listOf(ToolResponseMessage.ToolResponse("c1", "weather", "sunny")))
                    .build()
            same(written(result), """{"role":"tool","tool_call_id":"c1","name":"weather","content":"sunny"}""")
            same(
                written(Prompt(listOf(SpringUserMessage("hi"), assistant))),
                """{"messages":[{"role":"user","content":"hi"},$assistantJson]}""",
            )
        }

        test("AWS: the fields that are set, as Bedrock's converse API names them") {
            val request =
                ConverseRequest
                    .builder()
                    .modelId("m")
                    .messages(
                        Message
                            .builder()
                            .role(ConversationRole.USER)
                            .content(
                                ContentBlock.fromText("what?"),
                                ContentBlock.fromImage(
                                    ImageBlock
                                        .builder()
                                        .format("png")
                                        .source(ImageSource.fromBytes(SdkBytes.fromByteArray(byteArrayOf(0, -1))))
                                        .build(),
                                ),
                            ).build(),
                    ).build()
            same(
                ours.encode(request)!!,
                """{"modelId":"m","messages":[{"role":"user","content":[{"text":"what?"},
                    {"image":{"format":"png","source":{"bytes":"AP8="}}}]}]}""",
            )
        }

        test("BSON and Avro") {
            ours.encode(listOf(org.bson.types.Decimal128.NaN, Half(), 1)) shouldBe """["NaN","one half",1]"""
            val id = ObjectId("65aa00000000000000000001")
            same(
                written(org.bson.Document("_id", id).append("n", org.bson.types.Decimal128.parse("1.50"))),
                """{"_id":"65aa00000000000000000001","n":1.50}""",
            )
            same(
                written(BsonDocument("a", BsonInt32(1)).append("b", BsonString("x")).append("c", org.bson.BsonNull())),
                """{"a":1,"b":"x","c":null}""",
            )
            val schema = SchemaBuilder.record("R").fields().requiredString("name").requiredInt("age").endRecord()
            val record = GenericData.Record(schema).apply {
                put("name", "Ada")
                put("age", 36)
            }
            same(written(record), """{"name":"Ada","age":36}""")
        }

        context("values that are texts") {
            withData<Pair<Any, String>>(
                nameFn = { it.first.javaClass.simpleName + " " + it.second },
                GStringImpl(arrayOf("Ada"), arrayOf("hi ", "!")) to "hi Ada!",
                Text("own chars") to "own chars",
                StringBuilder("b") to "b",
                "http://a.b/c".toHttpUrl() to "http://a.b/c",
                URL("http://host.invalid/x") to "http://host.invalid/x",
                URI("http://host.invalid/x") to "http://host.invalid/x",
                Locale.GERMANY to "de_DE",
                StandardCharsets.UTF_8 to "UTF-8",
                Pattern.compile("a+") to "a+",
                ObjectId("65aa00000000000000000001") to "65aa00000000000000000001",
                HttpRequest.newBuilder(URI("http://a/b")).build() to "http://a/b GET",
                BitSet().apply { set(3) } to "{3}",
                IllegalStateException("broken") to "IllegalStateException: broken",
                MimeTypeUtils.IMAGE_PNG to "image/png",
            ) { (value, expected) ->
                ours.encode(listOf(value)) shouldBe json.writeValueAsString(listOf(expected))
                theirs.encode(listOf(value)) shouldBe json.writeValueAsString(listOf(expected))
            }
        }

        test("headers are a map, a request of OkHttp is its text") {
            written(HttpHeaders.of(mapOf("a" to listOf("1", "2"))) { _, _ -> true }) shouldBe """{"a":["1","2"]}"""
            written(Request.Builder().url("http://a/").build()) shouldContain "url=http://a/"
        }

        context("what is secret, or has effects when it is read, is left unread") {
            withData<Pair<String, Any>>(
                nameFn = { it.first },
                "a key" to SecretKeySpec("0123456789abcdef".toByteArray(), "AES"),
                "a key pair" to KeyPairGenerator.getInstance("RSA").apply { initialize(1024) }.generateKeyPair(),
                "a blob" to SerialBlob(byteArrayOf(1, 2)),
                "an HTTP client" to HttpClient.newHttpClient(),
                "a class loader" to ClassLoader.getPlatformClassLoader(),
                "a publisher" to Flow.Publisher<Int> { throw AssertionError("was read") },
                "a closure" to object : Closure<Int>("owner") {},
            ) { (_, value) ->
                written(value).length shouldBeLessThan 100
                written(value) shouldContain "\"<"
            }
        }

        test("an object without properties is its text, else a marker with its name") {
            class Plain

            class Named {
                override fun toString() = "named"
            }
            written(Plain()) shouldBe "\"<Plain>\""
            written(Named()) shouldBe "\"named\""
            written(Any()) shouldBe "\"<Object>\""
            written(Shapes.Empty()) shouldBe "\"Empty[]\""
        }

        test("an object that hides its properties stays hidden") {
            written(Secret("s3cret")) shouldNotContain "s3cret"
        }

        test("a serializer that the application registered is asked first") {
            val module =
                SimpleModule().addSerializer(
                    JSONObject::class.java,
                    object : JsonSerializer<JSONObject>() {
                        override fun serialize(
                            value: JSONObject,
                            json: com.fasterxml.jackson.core.JsonGenerator,
                            provider: com.fasterxml.jackson.databind.SerializerProvider,
                        ) = json.writeString("mine")
                    },
                )
            JsonEncoder(ObjectMapper().registerModule(module), Int.MAX_VALUE, log).encode(listOf(JSONObject())) shouldBe
                """["mine"]"""
        }

        test("metadata that is JSON of a library has one field for each of its keys") {
            ours.encodeFields(buildJsonObject { put("plan", "pro").also { put("seats", 3) } }) shouldBe
                mapOf("plan" to "pro", "seats" to "3")
        }

        test("an image in a request is recorded whole") {
            val uri = "data:image/png;base64," + Base64.getEncoder().encodeToString(ByteArray(100_000))
            ours.encode(UserMessage.from(ImageContent(uri)))!! shouldContain uri
        }
    }) {
    /** A tree whose text is given. */
    class JSONObjectOf(
        private val text: String?,
    ) : JSONObject() {
        override fun toString() = text ?: error("no text")
    }

    class LongText(
        private val text: String,
    ) {
        override fun toString() = text
    }

    /** A number with a text of its own. */
    class Half : Number() {
        override fun toByte() = toInt().toByte()

        override fun toDouble() = 0.5

        override fun toFloat() = 0.5f

        override fun toInt() = 0

        override fun toLong() = 0L

        override fun toShort() = 0.toShort()

        override fun toString() = "one half"
    }

    class Text(
        private val text: String,
    ) : CharSequence by text {
        override fun toString() = text
    }

    class Secret(
        @get:JsonIgnore val password: String,
    ) {
        override fun toString() = "Secret($password)"
    }
}
