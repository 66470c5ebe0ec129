/// Files in, files out: the read stage, and the writers of text formats and of weights.
///
/// **Takes** bytes that nobody has checked: ONNX models with their external data, NumPy arrays,
/// safetensors files and their indexes, PyTorch state dicts.
///
/// **Gives** [org.fanin.model.RawModel] and [org.fanin.tensor.Tensor]s that are slices of the
/// memory-mapped file wherever the file holds them as plain little-endian numbers, and
/// [org.fanin.model.Checkpoint]s, whose elements are mapped a span at a time ([Checkpoints]).
///
/// Also takes [org.fanin.fill.TensorFill]s and gives safetensors, npz and rewritten ONNX files,
/// streamed through a few buffers ([SafetensorsWriter], [NpzWriter], [OnnxRewriter]).
///
/// **Promises** that any input either reads or throws [org.fanin.model.ModelFormatException] with a
/// message of one line; that no memory is taken on the word of a number in the file before the
/// bytes behind it have been seen; and that what is not understood is said, never dropped. Outputs
/// appear whole or not at all, and are the same bytes for the same plan.
///
/// Next stage: `graph`, which gives operators their meaning. There is no previous one.
package org.fanin.formats;
