@file:JvmName("Documents")

package com.langfuse.sdk.samples

import java.nio.file.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readText

/** A text file. */
@JvmRecord
data class Document(val name: String, val text: String)

/** One paragraph of a file: what is searched, rated and quoted. */
@JvmRecord
data class Passage(val file: String, val text: String)

/** The handbook of a lighthouse museum, from `src/main/resources/documents`; put your own texts beside it. */
fun handbook(): List<Document> {
    val folder = checkNotNull(Document::class.java.getResource("/documents")) { "no documents on the class path" }
    return Path
        .of(folder.toURI())
        .listDirectoryEntries("*.txt")
        .sorted()
        .map { Document(it.name, it.readText()) }
}

/** All paragraphs, in reading order. */
fun passages(documents: List<Document>): List<Passage> =
    documents.flatMap { document ->
        document.text
            .split(Regex("\\R\\s*\\R"))
            .filter { it.isNotBlank() }
            .map { Passage(document.name, it.trim()) }
    }
