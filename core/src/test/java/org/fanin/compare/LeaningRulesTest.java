package org.fanin.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.fanin.compare.Pair.Finding;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.judge.Nets;
import org.fanin.predict.Forecast;
import org.junit.jupiter.api.Test;

class LeaningRulesTest {
  private static final int DEPTH = 20;

  /// Twenty layers, each of which changes the second moment by e^own beyond what was predicted.
  private static List<Finding> found(double[] own) {
    Nets n = new Nets(8);
    int x = n.input();
    List<Integer> layers = new ArrayList<>();
    for (int i = 0; i < DEPTH; i++) {
      x = n.relu("r" + i, x, 0, 0, 0);
      layers.add(x);
    }
    Forecast f = n.done(x);
    Graph g = f.graph();
    Map<Integer, Pair> pairs = new HashMap<>();
    double off = 0;
    pairs.put(n.input(), Pair.of(0, .15, 0, .05, 0));
    for (int i = 0; i < DEPTH; i++) {
      off += own[i];
      Node made = g.nodes().get(g.value(layers.get(i)).producer());
      pairs.put(made.outputs().getFirst(), Pair.of(0, .15 * (i + 1) / 4, off, .05, 0));
    }
    Map<Integer, Pair> judged = new LeaningRules(g).signals(pairs);
    return layers.stream().map(v -> judged.get(v).finding()).toList();
  }

  private static long count(List<Finding> all, Finding what) {
    return all.stream().filter(f -> f == what).count();
  }

  @Test
  void layersThatAllLeanOneWayAreNoUnluckySeed() {
    double[] own = IntStream.range(0, DEPTH).mapToDouble(i -> .12 + .03 * Math.sin(i)).toArray();
    List<Finding> all = found(own);
    assertEquals(0, count(all, Finding.UNLUCKY_SEED), all::toString);
    assertEquals(true, count(all, Finding.RULE_OFF) > 5, all::toString);
  }

  /// One layer far off moves all behind it: their own changes do not lean.
  @Test
  void oneUnluckyLayerStaysOne() {
    double[] own = IntStream.range(0, DEPTH).mapToDouble(i -> .02 * Math.sin(2.3 * i)).toArray();
    own[1] = .3;
    List<Finding> all = found(own);
    assertEquals(true, count(all, Finding.UNLUCKY_SEED) > 0, all::toString);
    assertEquals(0, count(all, Finding.RULE_OFF), all::toString);
  }

  @Test
  void fewNodesSayNothing() {
    assertEquals(false, LeaningRules.leans(List.of(.5, .5, .51, .5, .49)));
    assertEquals(
        true,
        LeaningRules.leans(
            IntStream.range(0, 9).mapToObj(i -> .5 + .01 * i).collect(Collectors.toList())));
  }
}
