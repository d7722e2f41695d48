package com.langfuse.sdk.ktor

import com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage
import com.tngtech.archunit.core.importer.ClassFileImporter
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import java.io.File

class ThinModuleTest :
    FunSpec({
        val classes = ClassFileImporter().withImportOption(DoNotIncludeTests()).importPackages("com.langfuse.sdk.ktor")

        test("a server needs no Ktor client on its class path, and a client no server") {
            noClasses()
                .that()
                .resideInAPackage("com.langfuse.sdk.ktor")
                .should()
                .dependOnClassesThat(resideInAPackage("io.ktor.client.."))
                .check(classes)
            noClasses()
                .that()
                .resideInAPackage("com.langfuse.sdk.ktor.client")
                .should()
                .dependOnClassesThat(resideInAPackage("io.ktor.server.."))
                .check(classes)
        }

        test("the core knows the names of attributes, and nobody else") {
            File("src/main")
                .walk()
                .filter { it.extension == "kt" && Regex("\"langfuse\\.").containsMatchIn(it.readText()) }
                .toList()
                .shouldBeEmpty()
        }
    })
