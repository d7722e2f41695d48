package com.langfuse.sdk.local

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe

class TraceAttributesTest :
    FunSpec({

        context("metadata") {
            withData<Pair<Map<String, Any>, Map<String, String>>>(
                { (attributes, metadata) -> "$attributes is $metadata" },
                listOf(
                    mapOf("langfuse.observation.metadata" to """{"a":"x","b":[1, 2],"c":null}""") to
                        mapOf("a" to "x", "b" to "[1,2]", "c" to "null"),
                    mapOf("langfuse.observation.metadata" to """["x",2]""") to mapOf("0" to "x", "1" to "2"),
                    mapOf("langfuse.observation.metadata" to "plain text") to emptyMap(),
                    mapOf("langfuse.observation.metadata" to "42") to emptyMap(),
                    mapOf("langfuse.observation.metadata" to "\"quoted\"") to emptyMap(),
                    mapOf("langfuse.observation.metadata.a.b" to "1", "langfuse.observation.metadata.n" to 1L) to
                        mapOf("a.b" to "1", "n" to "1"),
                    mapOf("langfuse.observation.metadata." to "no name") to emptyMap(),
                    mapOf("langfuse.observation.metadata.k" to """{"a":1}""") to mapOf("k" to """{"a":1}"""),
                    mapOf("langfuse.observation.metadata.e" to "") to mapOf("e" to ""),
                    mapOf(
                        "langfuse.observation.metadata.k" to "single",
                        "langfuse.observation.metadata" to """{"k":"whole"}""",
                    ) to
                        mapOf("k" to "single"),
                    mapOf("langfuse.trace.metadata.k" to "trace", "langfuse.observation.metadata.k" to "observation") to
                        mapOf("k" to "trace"),
                    mapOf("langfuse.trace.metadata" to """{"t":true}""", "langfuse.metadata.l" to "old") to
                        mapOf("t" to "true", "l" to "old"),
                    mapOf("langfuse.observation.metadatax" to "other") to emptyMap(),
                ),
            ) { (attributes, metadata) -> observationOf(attributes).metadata() shouldBe metadata }
        }

        context("tags, in every form they come in") {
            withData<Pair<Map<String, Any>, List<String>>>(
                { (attributes, tags) -> "$attributes is $tags" },
                listOf(
                    mapOf("langfuse.trace.tags" to listOf("a", "b")) to listOf("a", "b"),
                    mapOf("langfuse.trace.tags" to """["a","b"]""") to listOf("a", "b"),
                    mapOf("langfuse.trace.tags" to "a, b,") to listOf("a", "b"),
                    mapOf("langfuse.trace.tags" to "single") to listOf("single"),
                    mapOf("langfuse.tags" to listOf("old"), "tag.tags" to listOf("older")) to listOf("old"),
                    mapOf("langfuse.trace.tags" to listOf<String>(), "tag.tags" to "x") to listOf("x"),
                ),
            ) { (attributes, tags) -> observationOf(attributes).tags() shouldBe tags }
        }

        context("environment: span before resource, name before name, normalised") {
            withData<Triple<Map<String, Any>, Map<String, Any>, String>>(
                { (span, resource, environment) -> "$span on $resource is $environment" },
                listOf(
                    Triple(mapOf(), mapOf(), "default"),
                    Triple(mapOf("langfuse.environment" to "prod"), mapOf("langfuse.environment" to "x"), "prod"),
                    Triple(
                        mapOf("deployment.environment.name" to "x"),
                        mapOf("langfuse.environment" to "prod"),
                        "prod",
                    ),
                    Triple(mapOf(), mapOf("deployment.environment.name" to "a", "deployment.environment" to "b"), "a"),
                    Triple(mapOf(), mapOf("deployment.environment" to "b"), "b"),
                    Triple(mapOf("langfuse.environment" to "Prod-EU_1"), mapOf(), "prod-eu_1"),
                    Triple(mapOf("langfuse.environment" to "langfuse-langfuse_x"), mapOf(), "x"),
                    Triple(mapOf("langfuse.environment" to "langfuse"), mapOf(), "default"),
                    Triple(mapOf("langfuse.environment" to "not valid!"), mapOf(), "default"),
                    Triple(mapOf("langfuse.environment" to "e".repeat(41)), mapOf(), "e".repeat(40)),
                ),
            ) { (span, resource, environment) -> observationOf(span, resource).environment() shouldBe environment }
        }

        test("user and session, by precedence") {
            val all =
                mapOf(
                    "langfuse.observation.metadata.langfuse_user_id" to "u3",
                    "user.id" to "u2",
                    "langfuse.user.id" to "u1",
                    "gen_ai.conversation.id" to "s3",
                    "session.id" to "s2",
                    "langfuse.session.id" to "s1",
                )
            observationOf(all).let { (it.userId() to it.sessionId()) shouldBe ("u1" to "s1") }
            observationOf(all - "langfuse.user.id" - "langfuse.session.id")
                .let { (it.userId() to it.sessionId()) shouldBe ("u2" to "s2") }
            observationOf(all.filterKeys { it.endsWith("user_id") || it.startsWith("gen_ai") })
                .let { (it.userId() to it.sessionId()) shouldBe ("u3" to "s3") }
            observationOf(mapOf("user.id" to "")).userId().shouldBeNull()
        }

        test("release, version, trace name and flags") {
            val resource = mapOf("langfuse.release" to "r-resource", "service.version" to "v-service")
            observationOf(emptyMap(), resource).let {
                it.release() shouldBe "r-resource"
                it.version() shouldBe "v-service"
                it.isPublic() shouldBe false
                it.isAppRoot() shouldBe false
                it.traceName().shouldBeNull()
            }
            val own =
                mapOf(
                    "langfuse.release" to "r",
                    "langfuse.version" to "v",
                    "langfuse.trace.public" to true,
                    "langfuse.internal.is_app_root" to true,
                    "langfuse.trace.name" to "t",
                )
            observationOf(own, resource).let {
                it.release() shouldBe "r"
                it.version() shouldBe "v"
                it.isPublic() shouldBe true
                it.isAppRoot() shouldBe true
                it.traceName() shouldBe "t"
            }
            observationOf(mapOf("langfuse.public" to "true")).isPublic() shouldBe true
        }
    })
