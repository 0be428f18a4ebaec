using Transfuse.Formats.Safetensors;

namespace Transfuse.Apply.Fusing.Models;

/// <summary>One weights file of a base.</summary>
/// <param name="FileName">Its name.</param>
/// <param name="File">The open file.</param>
internal sealed record ModelShard(string FileName, SafetensorsFile File);
