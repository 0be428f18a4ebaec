using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Sources;

/// <summary>A source that holds tensors which no file has yet.</summary>
internal interface ITensorSource
{
    /// <summary>The tensors of a weights file, or <see langword="null"/> where the source has it as bytes.</summary>
    ITensorContainer? FindTensors(string fileName);
}
