using Transfuse.Formats.Text;

namespace Transfuse.Metadata.Findings;

/// <summary>Something that was found out about an adapter: one line that a person can act on and a program can match.</summary>
/// <param name="Code">Its cause.</param>
/// <param name="Subject">The file, tensor, module or field that it is about.</param>
/// <param name="Message">What was found, with the numbers; without the subject and without a final full stop.</param>
/// <example>
/// <code>
/// ConversionResult result = await AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).RunAsync();
/// foreach (Finding finding in result.Findings.Where(finding =&gt; finding.Severity == Severity.Error))
/// {
///     Console.WriteLine($"{finding.Code.Id} {finding.Subject}: {finding.Message}");
/// }
/// </code>
/// </example>
public sealed record Finding(FindingCode Code, string Subject, string Message)
{
    /// <summary>The field of a config that it is about; <see langword="null"/> where it is about something else.</summary>
    public ConfigPlace? Place { get; init; }

    /// <summary>How much it matters: the code's severity, or a warning where an error was allowed.</summary>
    public Severity Severity { get; init; } = Code.Severity;

    /// <summary>What a person can do about it: the code's remedy, or what takes its place where that does not apply.</summary>
    public string Remedy { get; init; } = Code.Remedy;

    /// <summary>The line, such as <c>error TF2101 model.layers.3.mlp.experts: lora_A is (32, 64)</c>.</summary>
    /// <remarks>What a hostile name may hold to break, reorder or hide the line is written as escapes: a finding is one line.</remarks>
    public override string ToString() => PrintableText.OneLine($"{Label(Severity)} {Code.Id} {Subject}: {Message}");

    private static string Label(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "info",
    };
}
