using System.CommandLine;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Formats.Files;

namespace Transfuse.Cli.Commands;

/// <summary>Where a verb that writes adapters puts them.</summary>
internal sealed class OutputOptions
{
    public Option<string> Output { get; } = CommonOptions.Output();

    public Option<bool> Overwrite { get; } = CommonOptions.Overwrite();

    public Option<bool> Durable { get; } = CommonOptions.Durable();

    /// <summary>The folders of a run.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="folder">The folder, or that of all.</param>
    /// <param name="found">What is written.</param>
    /// <param name="batch">How several are run.</param>
    public BatchOutput Folders(ParseResult result, string folder, DiscoveredInputs found, BatchSettings batch)
    {
        var options = new AtomicFolderOptions { Overwrite = result.GetValue(Overwrite), Durable = result.GetValue(Durable) };
        return new BatchOutput(folder, found.Inputs, options, adopts: batch.HasJournal(result, !found.IsSingle));
    }
}
