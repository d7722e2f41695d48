package io.kotest.provided

import io.kotest.core.config.AbstractProjectConfig
import kotlin.time.Duration.Companion.seconds

/** Found by its name. What hangs, fails. */
object ProjectConfig : AbstractProjectConfig() {
    override val timeout = 20.seconds
}
