package org.fanin.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is printed and written does not depend on the language of the user's system: digits are
/// those of ASCII, the decimal mark is a point, and small and capital letters are English.
class LocaleTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(at -> !at.contains("-tests.jar"))
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("org.fanin");

  /// Methods that look at the default locale unless their first parameter is one.
  private static final Map<String, Set<String>> READS_LOCALE =
      Map.of(
          "java.lang.String", Set.of("format", "formatted", "toLowerCase", "toUpperCase"),
          "java.io.PrintStream", Set.of("format", "printf"),
          "java.io.PrintWriter", Set.of("format", "printf"),
          "java.util.Formatter", Set.of("<init>"),
          "java.util.Scanner", Set.of("<init>"),
          "java.text.DecimalFormat", Set.of("<init>"),
          "java.text.NumberFormat",
              Set.of("getInstance", "getNumberInstance", "getIntegerInstance"),
          "java.util.Locale", Set.of("getDefault"));

  @TempDir private Path dir;

  @Test
  void noCodeAsksForTheLocaleOfTheSystem() {
    assertTrue(ALL.contain("org.fanin.tensor.Shape"), "core is not on the class path");
    noClasses()
        .should()
        .callCodeUnitWhere(
            DescribedPredicate.describe(
                "methods that read the default locale", LocaleTest::readsLocale))
        .check(ALL);
  }

  private static boolean readsLocale(JavaAccess<?> call) {
    Set<String> names = READS_LOCALE.getOrDefault(call.getTargetOwner().getName(), Set.of());
    boolean given =
        call.getTarget()
                instanceof com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget t
            && t.getRawParameterTypes().stream()
                .map(JavaClass::getName)
                .anyMatch("java.util.Locale"::equals);
    return names.contains(call.getTarget().getName()) && !given;
  }

  /// Commands that print or write numbers; OUT is the folder that files go to.
  private static List<List<String>> commands() {
    String conv = Run.example("lenet_tanh");
    String gpt = Run.example("gpt2_pre_ln_op17");
    String mlp = Run.example("mlp5_relu_default");
    return List.of(
        List.of("check", conv, "--no-measure", "--json", "OUT/conv.json"),
        List.of("check", gpt, "--no-measure", "--json", "OUT/gpt.json"),
        List.of("check", mlp, "--json", "OUT/measured.json", "--draws", "2", "--spectrum"),
        List.of("check", mlp, conv, "--no-measure", "--weights", "he-normal"),
        List.of("init", mlp, "-o", "OUT/a.onnx", "--json", "OUT/i.json", "--plan", "OUT/p.yaml"),
        List.of("init", gpt, "-o", "OUT/s", "--recipe", "gpt2", "--shard-size", "200kB"),
        List.of("init", mlp, "-o", "OUT/l.onnx", "--recipe", "lsuv", "--verify"),
        List.of("audit", gpt, "--json", "OUT/audit.json", "--recipe", "gpt2"),
        List.of("audit", "OUT/s", "--json", "OUT/audit2.json", "--all"),
        List.of("explain", "--fan-in", "4", "--activation", "relu", "--json", "OUT/e.json"),
        List.of("explain", gpt, "--layer", "0", "--json", "OUT/layer.json"),
        List.of("theory", "--activation", "tanh", "--sigma-w", "1.3", "--json", "OUT/t.json"),
        List.of("check", mlp, "--batch", "x"),
        List.of("audit", "OUT/none.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fa-IR-u-nu-arabext", "tr-TR", "de-DE"})
  void everyByteIsTheSame(String language) throws IOException {
    List<String> plain = everything("root", Locale.ROOT);
    List<String> local = everything("lang", Locale.forLanguageTag(language));
    for (int i = 0; i < Math.min(plain.size(), local.size()); i++) {
      assertEquals(plain.get(i), local.get(i), "line " + i);
    }
    assertEquals(plain.size(), local.size());
  }

  /// What all commands print, and what they write, line by line.
  private List<String> everything(String name, Locale locale) throws IOException {
    Path out = Files.createDirectory(dir.resolve(name));
    Locale before = Locale.getDefault();
    StringBuilder all = new StringBuilder();
    try {
      Locale.setDefault(locale);
      for (List<String> c : commands()) {
        Run r =
            Run.of(c.stream().map(w -> w.replace("OUT", out.toString())).toArray(String[]::new));
        all.append(c).append(' ').append(r.code()).append('\n').append(r.out()).append(r.err());
      }
    } finally {
      Locale.setDefault(before);
    }
    try (Stream<Path> files = Files.walk(out)) {
      for (Path f : files.filter(Files::isRegularFile).sorted().toList()) {
        String bytes = new String(Files.readAllBytes(f), StandardCharsets.ISO_8859_1);
        all.append(out.relativize(f)).append('\n').append(bytes).append('\n');
      }
    }
    return stable(all.toString().replace(out.toString(), "OUT")).lines().toList();
  }

  /// Without what a clock says.
  private static String stable(String text) {
    return text.replaceAll("[0-9.]+ (?:GB|MB|kB)/s", "SPEED")
        .replaceAll("(?<![\\w.])[0-9.]+ m?s\\b", "TIME");
  }
}
