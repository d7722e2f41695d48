package com.langfuse.sdk.samples

private val WORD = Regex("[\\p{L}\\p{N}]+")

/** Words that say nothing about what a text is about. */
private val FILLERS =
    """
    a about all am an and any are as at be been but by can could did do does for from had has have he her his how i if
    in into is it its may me my no not of on or our she so than that the their them then there these they this to
    was we were what when where which who why will with would you your
    """.trim().split(Regex("\\s+")).toSet()

/** The words of a text that carry meaning, in order: lower case, and singular as far as a plural s goes. */
fun words(text: String): List<String> =
    WORD
        .findAll(text.lowercase())
        .map { it.value }
        .filter { it !in FILLERS }
        .map { if (it.length > 3 && !it.endsWith("ss")) it.removeSuffix("s") else it }
        .toList()
