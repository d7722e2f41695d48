package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse

/** Where a sample's traces go: to your Langfuse when its keys are set, else to one inside this process. */
class TraceTarget private constructor(
    @get:JvmName("langfuse") val langfuse: Langfuse,
    private val local: LocalLangfuse?,
) : AutoCloseable {
    /** Delivers what has ended, then draws the traces, or says where to look at them. */
    @JvmOverloads
    fun show(traceId: String? = null) {
        val report = langfuse.flush()
        if (!report.isComplete) {
            println("\nNot everything was delivered: $report")
        }
        if (local == null) {
            println("\nTrace, sent to Langfuse\n\n${link(traceId)}")
        } else {
            println(
                "\nTrace, kept in this process; with LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY it goes to Langfuse\n",
            )
            local.traces().forEach { it.print() }
            stay(langfuse.traceUrl(traceId) ?: local.baseUrl().toString())
        }
    }

    /** Without the project's id there is no link to a trace that every server opens. */
    private fun link(traceId: String?): String =
        when {
            traceId == null -> address()
            else -> langfuse.traceUrl(traceId) ?: "${address()} (search for trace $traceId)"
        }

    private fun stay(page: String) {
        if (Terminal.isInteractive()) {
            println("\nIn your browser, until you press Enter: $page")
            readlnOrNull()
        } else {
            println("\nRun it in a terminal to look at the trace in your browser.")
        }
    }

    override fun close() {
        langfuse.close()
        local?.close()
    }

    companion object {
        @JvmStatic
        fun fromEnv(): TraceTarget {
            val keys = listOf("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
            val complete = keys.none { System.getenv(it).isNullOrBlank() }
            return if (complete) TraceTarget(Langfuse.fromEnv(), null) else local()
        }

        private fun local(): TraceTarget {
            val local = LocalLangfuse.start()
            val langfuse =
                Langfuse
                    .builder()
                    .publicKey(local.publicKey())
                    .secretKey(local.secretKey())
                    .baseUrl(local.baseUrl().toString())
                    .build()
            return TraceTarget(langfuse, local)
        }

        private fun address(): String =
            listOf("LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST")
                .firstNotNullOfOrNull(System::getenv)
                ?.removeSuffix("/")
                ?: "https://cloud.langfuse.com"
    }
}
