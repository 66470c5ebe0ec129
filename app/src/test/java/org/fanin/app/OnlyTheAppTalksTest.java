package org.fanin.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The libraries return results; only the command line prints and ends the process.
class OnlyTheAppTalksTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(at -> !at.contains("-tests.jar"))
          .importPackages("org.fanin");

  @Test
  void librariesNeitherExitNorPrint() {
    assertTrue(ALL.contain("org.fanin.tensor.Shape"), "core is not on the class path");
    noClasses()
        .that()
        .resideOutsideOfPackage("org.fanin.app..")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(ALL);
  }

  @Test
  void nothingDrawsHiddenRandomNumbers() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(java.util.random.RandomGenerator.class)
        .orShould()
        .callMethod(Math.class, "random")
        .because("random numbers are addressed, not drawn")
        .check(ALL);
  }
}
