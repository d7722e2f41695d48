package com.langfuse.sdk.coroutines

import com.tngtech.archunit.core.domain.JavaModifier.FINAL
import com.tngtech.archunit.core.importer.ClassFileImporter
import com.tngtech.archunit.core.importer.ImportOption
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import java.io.File

/** This module only translates: what it needs to know of spans and JSON, the Java core knows. */
class ThinModuleTest :
    FunSpec({
        val classes = ClassFileImporter().withImportOption(
            ImportOption.DoNotIncludeTests(),
        ).importPackages("com.langfuse.sdk.coroutines")

        test("no attribute name, no JSON, no thread-local, nothing of the core's inside") {
            noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                    "io.opentelemetry.api..",
                    "com.fasterxml..",
                    "com.langfuse.sdk.internal..",
                    "com.langfuse.sdk.export..",
                )
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal::class.java)
                .check(classes)
        }

        test("nothing static can change") {
            fields().that().areStatic().should().haveModifier(FINAL).allowEmptyShould(true).check(classes)
        }

        test("it is thin") {
            val code =
                File(
                    "src/main/kotlin",
                ).walk().filter { it.extension == "kt" }.flatMap { it.readLines() }.count { line ->
                    line.isNotBlank() && NO_CODE.none { line.trimStart().startsWith(it) }
                }
            code shouldBeLessThan 600
        }
    })

private val NO_CODE = listOf("//", "/*", "*", "import ", "package ")
