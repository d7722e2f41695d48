package io.kotest.provided

import io.kotest.core.config.AbstractProjectConfig
import kotlin.time.Duration.Companion.minutes

/** Found by its name. What hangs, fails. */
object ProjectConfig : AbstractProjectConfig() {
    override val timeout = if (System.getProperty("langfuse.trials") == "full") 60.minutes else 10.minutes
}
