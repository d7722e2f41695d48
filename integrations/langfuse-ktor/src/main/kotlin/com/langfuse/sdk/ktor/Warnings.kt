package com.langfuse.sdk.ktor

import java.lang.System.Logger.Level.WARNING
import java.util.concurrent.ConcurrentHashMap

/** One warning for each setting: a lambda that fails does so on every call. */
internal class Warnings(private val plugin: String) {
    private val said = ConcurrentHashMap.newKeySet<String>()

    fun lambdaThrew(setting: String, thrown: Throwable, consequence: String) {
        if (said.add(setting)) {
            warn("$plugin: $setting { } threw $thrown; $consequence. Said once.")
        }
    }
}

internal fun warn(message: String) {
    System.getLogger("com.langfuse.sdk").log(WARNING, message)
}
