package com.langfuse.sdk

import com.langfuse.sdk.internal.LangfuseAttributes
import com.tngtech.archunit.base.DescribedPredicate
import com.tngtech.archunit.core.domain.JavaModifier.FINAL
import com.tngtech.archunit.core.importer.ClassFileImporter
import com.tngtech.archunit.core.importer.ImportOption
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses
import com.tngtech.archunit.library.Architectures.layeredArchitecture
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices
import io.kotest.core.spec.style.FunSpec
import io.opentelemetry.api.common.AttributeKey

class ArchitectureTest :
    FunSpec({
        val classes = ClassFileImporter().withImportOption(
            ImportOption.DoNotIncludeTests(),
        ).importPackages("com.langfuse.sdk")
        val ours =
            classes.that(
                DescribedPredicate.describe("in this module") {
                    !it.packageName.startsWith("com.langfuse.sdk.local")
                },
            )

        test("attribute names stand in one class") {
            noClasses()
                .that()
                .doNotBelongToAnyOf(LangfuseAttributes::class.java)
                .should()
                .callMethodWhere(
                    DescribedPredicate.describe("an attribute key is made") {
                        val makesKey =
                            it.target.owner.isEquivalentTo(AttributeKey::class.java) &&
                                it.target.name.matches(Regex("\\w+Key")) &&
                                it.target.name != "getKey"
                        val namesKey =
                            it.target.name == "setAttribute" &&
                                it.target.rawParameterTypes.first().name == "java.lang.String"
                        makesKey || namesKey
                    },
                ).check(ours)
        }

        test("packages look left only: internal, propagation, line, export, score and media, root") {
            layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("internal")
                .definedBy("com.langfuse.sdk.internal")
                .layer("propagation")
                .definedBy("com.langfuse.sdk.propagation")
                .layer("line")
                .definedBy("com.langfuse.sdk.line")
                .layer("export")
                .definedBy("com.langfuse.sdk.export")
                .layer("score")
                .definedBy("com.langfuse.sdk.score")
                .layer("media")
                .definedBy("com.langfuse.sdk.media")
                .layer("root")
                .definedBy("com.langfuse.sdk")
                .whereLayer("root")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("score")
                .mayOnlyBeAccessedByLayers("root")
                .whereLayer("media")
                .mayOnlyBeAccessedByLayers("root")
                .whereLayer("export")
                .mayOnlyBeAccessedByLayers("score", "media", "root")
                .whereLayer("line")
                .mayOnlyBeAccessedByLayers("export", "score", "media", "root")
                .whereLayer("propagation")
                .mayOnlyBeAccessedByLayers("export", "score", "media", "root")
                .check(ours)
            slices().matching("com.langfuse.sdk.(*)..").should().beFreeOfCycles().check(ours)
        }

        test("nothing static can change") {
            fields().that().areStatic().should().haveModifier(FINAL).check(ours)
        }
    })
