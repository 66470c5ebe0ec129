package org.fanin.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files as Linux shows them.
class MachineTest {
  @TempDir Path root;

  private void file(String name, String text) throws IOException {
    Path p = root.resolve(name);
    Files.createDirectories(p.getParent());
    Files.writeString(p, text);
  }

  private void is(long bytes) {
    assertEquals(OptionalLong.of(bytes), new Machine(root).available());
  }

  @BeforeEach
  void machine() throws IOException {
    file("proc/meminfo", "MemTotal:  16000 kB\nMemFree:  10 kB\nMemAvailable:    8000 kB\n");
  }

  @Test
  void availableOfTheMachine() {
    is(8_192_000);
  }

  @Test
  void nothingToldIsNoLimit() throws IOException {
    Files.delete(root.resolve("proc/meminfo"));
    assertEquals(OptionalLong.empty(), new Machine(root).available());
  }

  @Test
  void controlGroupsOfVersionTwoAndThoseAround() throws IOException {
    file("proc/self/cgroup", "0::/a/b\n");
    file("sys/fs/cgroup/a/b/memory.max", "max\n");
    file("sys/fs/cgroup/a/b/memory.current", "100\n");
    is(8_192_000);
    file("sys/fs/cgroup/a/memory.max", "5000\n");
    file("sys/fs/cgroup/a/memory.current", "3000\n");
    is(2000);
    file("sys/fs/cgroup/a/memory.stat", "anon 2000\ninactive_file 900\n");
    is(2900);
  }

  /// The path is the host's; what is mounted begins at the container.
  @Test
  void containersSeeTheirRoot() throws IOException {
    file("proc/self/cgroup", "3:cpu,cpuacct:/x\n2:memory:/docker/1f\n0::/\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "7000\n");
    file("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
    is(6000);
  }

  @Test
  void moreThanTheLimitIsNothing() throws IOException {
    file("proc/self/cgroup", "0::/../../etc\n");
    file("sys/fs/cgroup/memory.max", "10\n");
    file("sys/fs/cgroup/memory.current", "50\n");
    file("etc/memory.max", "1\n");
    is(8_192_000);
    file("proc/self/cgroup", "0::/\n");
    is(0);
  }

  @Test
  void addressSpace() throws IOException {
    file(
        "proc/self/limits",
        "Limit   Soft Limit  Hard Limit  Units\nMax address space  90000 unlimited bytes\n");
    file("proc/self/statm", "10 5 3 1 0 2 0\n");
    is(90000 - 10 * 4096);
    file("proc/self/limits", "Max address space  unlimited unlimited bytes\n");
    is(8_192_000);
  }

  @Test
  void here() {
    assertTrue(Machine.here().available().orElse(1) > 0);
  }
}
