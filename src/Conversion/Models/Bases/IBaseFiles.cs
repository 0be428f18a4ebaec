using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>The files of a base model, wherever they are.</summary>
internal interface IBaseFiles
{
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Opens a file. The caller disposes it.</summary>
    IByteSource Open(string name);
}
