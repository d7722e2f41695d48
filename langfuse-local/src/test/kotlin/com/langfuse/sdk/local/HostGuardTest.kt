package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.net.InetAddress

/** A web site controls body, path and keys of what its visitors' browsers send, but neither Host nor Origin. */
class HostGuardTest :
    FunSpec({

        fun LocalLangfuse.port() = baseUrl().port

        fun allowed(
            address: String,
            host: String,
            vararg names: String,
        ) = HostGuard(InetAddress.getByName(address), names.toList())
            .refusal(Call("GET", "/api/public/health", null, mapOf("host" to host), Body.NONE, START)) == null

        context("over the wire, with the right keys, the API answers 403 to a browser that another web site has sent") {
            withData<Pair<String, List<String>>>(
                { it.first },
                "a rebound name" to listOf("Host: evil.example:PORT"),
                "a rebound name without port" to listOf("Host: evil.example"),
                "a rebound name in capitals with a dot" to listOf("Host: EVIL.example.:PORT"),
                "a name that begins like ours" to listOf("Host: localhost.evil.example:PORT"),
                "a name that begins like our address" to listOf("Host: 127.0.0.1.evil.example:PORT"),
                "a name below localhost" to listOf("Host: evil.localhost:PORT"),
                "a user in front" to listOf("Host: localhost@evil.example:PORT"),
                "an address of another network" to listOf("Host: 10.0.0.7:PORT"),
                "the address of all" to listOf("Host: 0.0.0.0:PORT"),
                "another address in IPv6" to listOf("Host: [2001:db8::1]:PORT"),
                "no address in IPv6" to listOf("Host: [::1]evil.example:PORT"),
                "two hosts, ours first" to listOf("Host: localhost:PORT", "Host: evil.example:PORT"),
                "two hosts, ours last" to listOf("Host: evil.example:PORT", "Host: localhost:PORT"),
                "an empty host" to listOf("Host: "),
                "a rebound name and its own origin" to
                    listOf("Host: evil.example:PORT", "Origin: http://evil.example:PORT"),
                "a foreign origin" to listOf("Host: localhost:PORT", "Origin: http://evil.example"),
                "the origin of another local port" to listOf("Host: localhost:PORT", "Origin: http://localhost:1"),
                "an origin that is hidden" to listOf("Host: localhost:PORT", "Origin: null"),
                "a script of another site" to listOf("Host: localhost:PORT", "Sec-Fetch-Site: cross-site"),
                "a link of another site" to
                    listOf(
                        "Host: localhost:PORT",
                        "Sec-Fetch-Site: cross-site",
                        "Sec-Fetch-Mode: navigate",
                        "Sec-Fetch-Dest: document",
                    ),
            ) { (_, headers) ->
                withLangfuse { langfuse, sender ->
                    sender.post(export(span("secret")))
                    val sent = headers.map { it.replace("PORT", "${langfuse.port()}") }.toTypedArray()
                    val keys = "Authorization: ${sender.basic()}"
                    listOf(
                        "GET /api/public/v2/observations",
                        "GET /api/public/health",
                        "GET /api/public/unknown",
                        "POST $TRACES_PATH",
                        "POST /api/public/ingestion",
                        "OPTIONS /api/public/v2/observations",
                        "PUT /local-media-upload/x",
                    ).forEach {
                        val answer = raw(langfuse, "$it HTTP/1.1", *sent, keys, "Content-Length: 2", body = "{}")
                        withClue("$it $answer") {
                            answer shouldStartWith "HTTP/1.1 403 "
                            answer shouldNotContain "secret"
                            answer.lowercase() shouldNotContain "access-control"
                        }
                    }
                    langfuse.requests().drop(1).forEach { it.body().size shouldBe 0 }
                }
            }
        }

        context("over the wire, what comes from this machine is answered") {
            withData(
                "Host: localhost:PORT",
                "host: LocalHost:PORT",
                "Host: localhost.:PORT",
                "Host: localhost",
                "Host: 127.0.0.1:PORT",
                "Host: 127.0.0.2:PORT",
                "Host: [::1]:PORT",
                "Host: [0:0:0:0:0:0:0:1]:PORT",
                "Host: host.docker.internal:PORT",
                "Host: localhost:PORT\r\nOrigin: http://localhost:PORT",
                "Host: localhost:PORT\r\nSec-Fetch-Site: same-origin",
                "Host: localhost:PORT\r\nSec-Fetch-Mode: cors",
            ) { headers ->
                withLangfuse { langfuse, sender ->
                    val sent = headers.replace("PORT", "${langfuse.port()}")
                    raw(
                        langfuse,
                        "GET /api/public/v2/observations HTTP/1.1",
                        sent,
                        "Authorization: ${sender.basic()}",
                    ) shouldStartWith "HTTP/1.1 200 "
                    raw(langfuse, "GET /view/traces HTTP/1.1", sent) shouldStartWith "HTTP/1.1 200 "
                }
            }
        }

        test("a target with a host of its own counts as a second one, and HTTP/1.0 without any as none") {
            withLangfuse { langfuse, _ ->
                val health = "/api/public/health"
                val ours = "Host: localhost:${langfuse.port()}"
                val foreign = "Host: evil.example"
                raw(langfuse, "GET http://evil.example$health HTTP/1.1", ours) shouldContain " 403 "
                raw(langfuse, "GET http://localhost:${langfuse.port()}$health HTTP/1.1", foreign) shouldContain " 403 "
                raw(langfuse, "GET http://evil.example$health HTTP/1.1", foreign) shouldContain " 403 "
                raw(langfuse, "GET //evil.example$health HTTP/1.1", ours) shouldContain " 403 "
                raw(langfuse, "GET http://localhost:${langfuse.port()}$health HTTP/1.1", ours) shouldContain " 200 "
                raw(langfuse, "GET $health HTTP/1.0") shouldContain " 403 "
                raw(langfuse, "GET $health HTTP/1.0", ours) shouldContain " 200 "
            }
        }

        test("a request that is refused so uses up no fault, and is there to be seen without its body") {
            withLangfuse { langfuse, sender ->
                langfuse.enqueue(Fault.status(503))
                val ingestion = "POST /api/public/ingestion HTTP/1.1"
                raw(langfuse, ingestion, "Host: a.example", "Content-Length: 2", body = "{}")
                langfuse.requests().single().let {
                    it.status() shouldBe 403
                    it.body().size shouldBe 0
                }
                sender.get("/api/public/health").statusCode() shouldBe 503
            }
        }

        test("a name of the settings is answered, with and without keys for the page as the address says") {
            withLangfuse(LocalLangfuse.builder().allowHost("tunnel.example")) { langfuse, _ ->
                raw(langfuse, "GET /view/about HTTP/1.1", "Host: Tunnel.example") shouldStartWith "HTTP/1.1 200 "
                raw(
                    langfuse,
                    "GET /view/about HTTP/1.1",
                    "Host: tunnel.example",
                    "Origin: https://tunnel.example",
                ) shouldStartWith "HTTP/1.1 200 "
                raw(langfuse, "GET /view/about HTTP/1.1", "Host: other.example") shouldStartWith "HTTP/1.1 403 "
                langfuse.requests().shouldBeEmpty()
            }
            listOf("", " ", "http://x", "x:80", "a,b").forEach { name ->
                shouldThrow<IllegalArgumentException> { LocalLangfuse.builder().allowHost(name) }
                    .message.shouldNotBeNull() shouldContain "without scheme and port"
            }
        }

        context("the names of a server, by the address it listens on") {
            withData<Pair<Triple<String, String, String>, Boolean>>(
                { (what, own) -> "$what: $own" },
                Triple("127.0.0.1", "build:4117", "") to false,
                Triple("127.0.0.1", "192.168.1.7:4117", "") to false,
                Triple("127.0.0.1", "host.containers.internal:4117", "") to true,
                Triple("127.0.0.1", "host.testcontainers.internal:4117", "") to true,
                Triple("127.0.0.1", "other.internal:4117", "") to false,
                Triple("127.0.0.1", "myalias:4117", "myalias") to true,
                Triple("0.0.0.0", "192.168.1.7:4117", "0.0.0.0") to true,
                Triple("0.0.0.0", "[fe80::1]:4117", "0.0.0.0") to true,
                Triple("0.0.0.0", "langfuse:4117", "0.0.0.0") to true,
                Triple("0.0.0.0", "localhost:4117", "0.0.0.0") to true,
                Triple("0.0.0.0", "host.docker.internal:4117", "0.0.0.0") to true,
                Triple("0.0.0.0", "999.1.1.1:4117", "0.0.0.0") to false,
                Triple("0.0.0.0", "evil.example:4117", "0.0.0.0") to false,
                Triple("0.0.0.0", "langfuse.:4117", "0.0.0.0") to false,
                Triple("0.0.0.0", "traces.example:4117", "traces.example") to true,
                Triple("192.168.1.7", "evil.example", "build.example") to false,
            ) { (what, own) -> allowed(what.first, what.second, what.third) shouldBe own }
        }

        test("beyond loopback the host name is checked before the keys") {
            withLangfuse(LocalLangfuse.builder().host("0.0.0.0").keys("pk-own", "sk-own")) { langfuse, sender ->
                val keys = "Authorization: ${sender.basic()}"
                val path = "GET /api/public/projects HTTP/1.1"
                raw(langfuse, path, "Host: evil.example:4117", keys) shouldStartWith "HTTP/1.1 403 "
                raw(langfuse, path, "Host: langfuse:4117", keys) shouldStartWith "HTTP/1.1 200 "
                raw(langfuse, path, "Host: langfuse:4117") shouldStartWith "HTTP/1.1 401 "
            }
        }
    })
