using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>What a header says of one tensor; offsets count from the end of the header.</summary>
internal readonly record struct HeaderEntry(string Name, DType DType, TensorShape Shape, long Begin, long End);
