using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects;

/// <summary>One family of adapter folders: a reader to the neutral adapter and a writer from it.</summary>
internal interface IDialect
{
    /// <summary>Reads an adapter. Every tensor and every config field is used, carried or named in a finding.</summary>
    /// <returns>The adapter, or <see langword="null"/> where it cannot be understood; the log then has an error.</returns>
    Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log);

    /// <summary>Lays out the files of an adapter that already fits the target.</summary>
    OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log);
}
