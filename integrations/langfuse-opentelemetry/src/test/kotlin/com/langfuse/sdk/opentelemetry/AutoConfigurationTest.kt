package com.langfuse.sdk.opentelemetry

import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forOne
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class AutoConfigurationTest :
    FunSpec({
        test("LLM spans arrive, with environment and release; others do not") {
            LocalLangfuse.start().use { local ->
                run(AutoConfiguredApplication, environmentOf(local))
                local.observations().map { it.name } shouldContainExactly listOf("chat")
                val chat = local.observations().single()
                chat.environment shouldBe "staging"
                chat.release shouldBe "1.4.2"
                chat.model shouldBe "gpt-4o"
                chat.isAppRoot shouldBe true
            }
        }

        test("without keys the application runs as before, and one line says why nothing is sent") {
            val output = run(AutoConfiguredApplication, emptyMap())
            output shouldContain "answered"
            output.lines().filter { "Langfuse gets" in it }.forOne { it shouldContain "LANGFUSE_PUBLIC_KEY" }
        }

        test("a wrong setting is logged, and the application runs as before") {
            LocalLangfuse.start().use { local ->
                val output = run(AutoConfiguredApplication, environmentOf(local) + ("LANGFUSE_BASE_URL" to "nowhere"))
                output shouldContain "LANGFUSE_BASE_URL"
                output shouldContain "answered"
                local.requests().shouldBeEmpty()
            }
        }

        test("in an application of Spring Boot, which does not use autoconfiguration, one line says what to use") {
            LocalLangfuse.start().use { local ->
                val output = run(SpringBootApplication, environmentOf(local))
                output shouldContain "answered"
                output.lines().filter { "Langfuse gets no spans" in it }.forOne {
                    it shouldContain "opentelemetry-spring-boot-starter"
                }
                local.requests().shouldBeEmpty()
            }
        }
    })
