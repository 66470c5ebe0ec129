package org.fanin.formats;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.fanin.model.ModelFormatException;

/// Finds the checkpoint in a folder as Hugging Face lays them out: an index before single files,
/// safetensors before PyTorch.
final class CheckpointFolder {
  private static final String[] ENDINGS = {
    ".safetensors.index.json", ".safetensors", ".bin.index.json", ".bin"
  };

  /// The names that transformers and peft give to the weights, for folders with other files of that
  /// ending (optimiser state, arguments of the training).
  private static final List<String> USUAL =
      List.of(
          "model.safetensors.index.json",
          "model.safetensors",
          "pytorch_model.bin.index.json",
          "pytorch_model.bin");

  private CheckpointFolder() {}

  static Path find(Path folder) throws ModelFormatException, IOException {
    for (String ending : ENDINGS) {
      List<Path> found = new ArrayList<>();
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(
              folder, f -> f.getFileName().toString().endsWith(ending) && Files.isRegularFile(f))) {
        for (Path f : files) {
          found.add(f);
        }
      }
      Collections.sort(found);
      if (!found.isEmpty()) {
        return one(folder, found, ending);
      }
    }
    throw new ModelFormatException(
        folder.toString(), "a folder without weights", "*.safetensors.index.json or *.safetensors");
  }

  private static Path one(Path folder, List<Path> found, String ending)
      throws ModelFormatException {
    if (found.size() == 1) {
      return found.getFirst();
    }
    for (Path f : found) {
      if (USUAL.contains(f.getFileName().toString())) {
        return f;
      }
    }
    throw new ModelFormatException(
        folder.toString(),
        found.size() + " files *" + ending + " (" + found.getFirst().getFileName() + ", …)",
        "one: name the one that is meant");
  }
}
