package org.fanin.audit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Role;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorSpec;

/// Reads weights once and says how they were drawn, what that does, and what is wrong.
public final class Audit {
  private Audit() {}

  /// How to look.
  ///
  /// @param threads that read and count; results do not depend on it
  /// @param exact elements up to which a matrix is kept whole for its spectral norm
  /// @param sampled elements kept of larger ones
  public record Settings(int threads, long exact, long sampled) {
    public Settings {
      if (threads < 1 || exact < 1 || sampled < 1 || exact > 1 << 28 || sampled > 1 << 28) {
        throw new IllegalArgumentException(
            "threads, exact and sampled of at least 1 are wanted, found "
                + threads
                + ", "
                + exact
                + ", "
                + sampled);
      }
    }

    /// The same with another number of threads.
    public Settings with(int otherThreads) {
      return new Settings(otherThreads, exact, sampled);
    }

    /// Two threads; spectra of matrices up to 2^20 elements exactly, if the file is of less than
    /// 2^28 bytes; else up to 2^17, and of samples of rows.
    public static Settings standard(long fileBytes) {
      return fileBytes < 1 << 28
          ? new Settings(2, 1 << 20, 1 << 20)
          : new Settings(2, 1 << 17, 1 << 17);
    }
  }

  /// What the tensors are compared with.
  ///
  /// @param name of the recipe
  /// @param because how it was chosen
  /// @param plan what it wants, by tensor
  /// @param named whether the user named it, or the tensors' names leave no doubt: what deviates is
  ///   a defect, not just odd
  public record Recipe(String name, String because, InitPlan plan, boolean named) {}

  /// Recipes that the tensors may have been drawn by, to choose from when the user names none.
  public static List<Recipe> candidates(List<TensorSpec> specs) {
    return RecipeChoice.candidates(specs);
  }

  /// @param specs place of every tensor in the network, by any order; those without one are taken
  ///   as [Role#OTHER]
  /// @param layerFans fans of the layers that biases belong to, see [LayerFans#of]
  /// @param recipes to compare with: one that was named, or several of which the best fitting is
  ///   taken; none compares with nothing
  /// @param progress told the bytes read so far, from any thread
  /// @throws IOException if a file cannot be read
  /// @throws ModelFormatException if what is there is damaged
  public static AuditReport of(
      Checkpoint file,
      List<TensorSpec> specs,
      Map<String, Fan> layerFans,
      List<Recipe> recipes,
      Settings settings,
      LongConsumer progress)
      throws IOException, ModelFormatException {
    return of(file, specs, new Place(layerFans, Set.of()), recipes, settings, progress);
  }

  /// What a graph tells beside the specs.
  ///
  /// @param layerFans fans of the layers that biases belong to, see [LayerFans#of]
  /// @param rescaled weights whose stored scale says nothing, see [RescaledWeights#of]
  public record Place(Map<String, Fan> layerFans, Set<String> rescaled) {
    public Place {
      layerFans = Map.copyOf(layerFans);
      rescaled = Set.copyOf(rescaled);
    }

    /// As far as the graph of an ONNX model tells.
    public static Place of(Graph graph) {
      return new Place(LayerFans.of(graph), RescaledWeights.of(graph));
    }
  }

  /// The same for a file whose graph is known.
  public static AuditReport of(
      Checkpoint file,
      List<TensorSpec> specs,
      Place place,
      List<Recipe> recipes,
      Settings settings,
      LongConsumer progress)
      throws IOException, ModelFormatException {
    List<String> skipped = new ArrayList<>();
    List<Site> sites = sites(file, specs, place, skipped);
    List<Examined> seen =
        StoredBuffers.apart(
            Scanner.run(sites, settings.threads(), settings.exact(), settings.sampled(), progress));
    List<Recognition> drawn = Consensus.settle(seen);
    Optional<Recipe> recipe = RecipeChoice.choose(recipes, seen);
    long bytes =
        sites.stream()
            .mapToLong(s -> s.tensor().shape().count() * s.tensor().dtype().bytes())
            .sum();
    return new Findings(seen, drawn, recipe).report(file, skipped, bytes);
  }

  /// What a forecast does not see of its own weights: the same pass, and few of the findings.
  ///
  /// @throws IOException if a file cannot be read
  /// @throws ModelFormatException if what is there is damaged
  public static Look look(Checkpoint file, List<TensorSpec> specs, Place place, Settings settings)
      throws IOException, ModelFormatException {
    List<Site> sites = sites(file, specs, place, new ArrayList<>());
    List<Examined> seen =
        StoredBuffers.apart(
            Scanner.run(sites, settings.threads(), settings.exact(), settings.sampled(), _ -> {}));
    return Look.of(seen, Consensus.settle(seen));
  }

  private static List<Site> sites(
      Checkpoint file, List<TensorSpec> specs, Place place, List<String> skipped) {
    Map<String, TensorSpec> byName = new HashMap<>();
    specs.forEach(s -> byName.put(s.name(), s));
    Map<String, Fan> fans = LayerFans.byName(specs);
    fans.putAll(place.layerFans());
    List<Site> sites = new ArrayList<>();
    Groups groups = new Groups();
    for (StoredTensor t : file.tensors()) {
      TensorSpec spec = byName.getOrDefault(t.name(), unknown(t));
      if (Codec.of(t.dtype()) == null || t.shape().count() == 0) {
        skipped.add(t.name());
      } else {
        Optional<Fan> own = spec.fan();
        Optional<Fan> layer = own.or(() -> Optional.ofNullable(fans.get(t.name())));
        sites.add(new Site(t, spec, layer, groups.of(spec), place.rescaled().contains(t.name())));
      }
    }
    return sites;
  }

  private static TensorSpec unknown(StoredTensor t) {
    return new TensorSpec(
        t.name(),
        t.shape(),
        t.dtype(),
        Role.OTHER,
        Optional.empty(),
        false,
        -1,
        0,
        "",
        "nothing known of it");
  }
}
