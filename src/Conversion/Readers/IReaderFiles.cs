using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers;

/// <summary>The files of a folder as readers look at them.</summary>
internal interface IReaderFiles
{
    ImmutableArray<string> FileNames { get; }

    /// <summary>The base's weights, or why they are not used; neither where no base with weights was given.</summary>
    (BaseWeights? Weights, string? WhyNot) BaseWeights { get; }

    /// <summary>Whether a file begins with the UTF-8 byte order mark.</summary>
    bool HasByteOrderMark(string fileName);

    /// <summary>A JSON object, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="fileName">The file.</param>
    /// <param name="log">Takes the error.</param>
    /// <param name="takes">Told what is odd about a document that the reader takes; without it such a document is an error.</param>
    JsonObject? ReadJson(string fileName, FindingLog log, Action<string>? takes);

    /// <summary>The tensors of a file, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="fileName">The file.</param>
    /// <param name="log">Takes the error.</param>
    /// <param name="takes">Told of bytes after the tensors, which the reader passes over; without it they are an error.</param>
    ITensorContainer? OpenWeights(string fileName, FindingLog log, Action<string>? takes);
}
