package com.langfuse.sdk.samples

import java.io.Console

/** Whether somebody is there to press Enter. */
object Terminal {
    fun isInteractive(): Boolean = System.console()?.let(::isTerminal) ?: false

    /** Since Java 22 there is a console even where there is no terminal, and a method that tells. */
    private fun isTerminal(console: Console): Boolean =
        runCatching { Console::class.java.getMethod("isTerminal").invoke(console) as Boolean }.getOrDefault(true)
}
