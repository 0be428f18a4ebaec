using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary>What came of one input.</summary>
internal sealed record CommandOutcome
{
    public required string Input { get; init; }

    /// <summary>What was found.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>Whether the command did what was asked.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>What was done, as a participle, for the summary of many.</summary>
    public string Action { get; init; } = "done";

    /// <summary>The exit code where it did not.</summary>
    public int FailureCode { get; init; } = ExitCodes.Refused;

    /// <summary>The text for standard output.</summary>
    public required string Summary { get; init; }

    /// <summary>The members of the input's part of the JSON report, after its findings.</summary>
    public ImmutableArray<KeyValuePair<string, JsonValue>> Members { get; init; } = [];
}
