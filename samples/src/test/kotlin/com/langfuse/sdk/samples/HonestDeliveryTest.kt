package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.export.DeliveryListener
import com.langfuse.sdk.export.FlushReport
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.util.concurrent.ConcurrentLinkedQueue

class HonestDeliveryTest :
    FunSpec({
        fun settingsOf(local: LocalLangfuse) =
            Langfuse
                .builder()
                .publicKey(local.publicKey())
                .secretKey(local.secretKey())
                .baseUrl("${local.baseUrl()}")
                .flushOnExit(false)

        test("all is well: nothing is said") {
            LocalLangfuse.start().use { local ->
                val alarms = ConcurrentLinkedQueue<Any>()
                val report = HonestDelivery.record(settingsOf(local), tempdir().toPath(), alarms::add)
                report.exported() shouldBe 1
                alarms.shouldBeEmpty()
            }
        }

        test("a refused observation is told twice: when it happens, and in the report") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(404))
                val alarms = ConcurrentLinkedQueue<Any>()
                HonestDelivery.record(settingsOf(local), tempdir().toPath(), alarms::add)
                alarms.filterIsInstance<DeliveryListener.Loss>().single().status() shouldBe 404
                alarms.filterIsInstance<FlushReport>().single().toString() shouldStartWith
                    "observations: 0 exported, 1 failed {404=1}; reason: Langfuse at ${local.baseUrl()} answered 404"
            }
        }
    })
