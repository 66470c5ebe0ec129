package org.fanin;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Holds the direction of dependencies: each stage of the pipeline knows the stages before it and
/// nothing else.
class ArchitectureTest {
  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages("org.fanin");

  /// Package → the packages of ours that it may use. A new package has to be entered here.
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("tensor", Set.of()),
          entry("model", Set.of("tensor")),
          entry("math", Set.of()),
          entry("graph", Set.of("tensor", "model", "math")),
          entry("plan", Set.of("graph", "math", "tensor")),
          entry("fill", Set.of("plan", "graph", "math", "tensor")),
          entry("audit", Set.of("plan", "graph", "math", "tensor", "model")),
          entry("predict", Set.of("graph", "plan", "math", "tensor")),
          entry(
              "solve",
              Set.of("judge", "probe", "fill", "predict", "graph", "plan", "math", "tensor")),
          entry("probe", Set.of("predict", "graph", "math", "tensor")),
          entry("spectrum", Set.of("probe", "math", "tensor")),
          entry(
              "compare",
              Set.of("spectrum", "probe", "predict", "fill", "plan", "graph", "math", "tensor")),
          entry("judge", Set.of("compare", "probe", "predict", "graph", "plan", "math", "tensor")),
          entry(
              "report",
              Set.of(
                  "audit",
                  "model",
                  "compare",
                  "spectrum",
                  "probe",
                  "judge",
                  "solve",
                  "predict",
                  "graph",
                  "plan",
                  "math",
                  "tensor")));

  static Stream<String> packages() {
    return MAY_USE.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("packages")
  void packageUsesOnlyEarlierStages(String name) {
    var allowed =
        Stream.concat(Stream.of(name), MAY_USE.get(name).stream())
            .map(p -> "org.fanin." + p + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("org.fanin." + name + "..")
        .should()
        .dependOnClassesThat(resideInAPackage("org.fanin..").and(not(resideInAnyPackage(allowed))))
        .because(name + " may use only " + Arrays.toString(allowed))
        .allowEmptyShould(true)
        .check(CORE);
  }

  @Test
  void everyPackageHasARule() {
    var found =
        CORE.stream()
            .map(JavaClass::getPackageName)
            .filter(p -> p.startsWith("org.fanin."))
            .map(p -> p.split("\\.")[2])
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(found.contains("tensor"), "the importer read no class of ours: " + found);
    found.removeAll(MAY_USE.keySet());
    assertEquals(Set.of(), found, "packages without an entry in MAY_USE");
  }

  @Test
  void coreNeedsNothingButTheJdk() {
    classes()
        .that()
        .resideOutsideOfPackage("org.fanin.fill.simd")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("org.fanin..", "java..")
        .check(CORE);
    classes()
        .that()
        .resideInAPackage("org.fanin.fill.simd")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("org.fanin..", "java..", "jdk.incubator.vector")
        .check(CORE);
  }

  /// These differ between interpreter, compilers and machines, or are not Fanin's to promise: no
  /// weight may depend on them. What a law is (a scale, a kept share) may be planned with
  /// `StrictMath` in other packages.
  @Test
  void noWeightDependsOnTheLibrarysElementaryFunctions() {
    Set<String> exact =
        Set.of(
            "abs",
            "sqrt",
            "fma",
            "rint",
            "scalb",
            "min",
            "max",
            "clamp",
            "ceil",
            "floor",
            "nextUp",
            "nextDown",
            "copySign",
            "getExponent",
            "toIntExact",
            "multiplyExact",
            "addExact",
            "floorDiv",
            "floorMod",
            "ceilDiv",
            "multiplyHigh",
            "unsignedMultiplyHigh");
    noClasses()
        .that()
        .resideInAPackage("org.fanin.fill..")
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "functions that are not exactly rounded",
                call ->
                    (call.getTargetOwner().isEquivalentTo(Math.class)
                            || call.getTargetOwner().isEquivalentTo(StrictMath.class))
                        && !exact.contains(call.getName())))
        .check(CORE);
  }
}
