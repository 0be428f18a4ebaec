namespace Transfuse.Metadata.Findings;

/// <summary>
/// One cause that Transfuse reports. Codes are never reused: TF1xxx container, TF2xxx tensors, TF3xxx config,
/// TF4xxx architecture, TF5xxx target, TF6xxx apply, TF7xxx batch.
/// </summary>
/// <param name="Id">The code, such as <c>TF2101</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Cause">What is the case, in one sentence.</param>
/// <param name="Remedy">What a person can do about it.</param>
/// <param name="Loss">What is lost when <c>--allow</c> names the code; <see langword="null"/> where <c>--allow</c> does not apply.</param>
/// <example>
/// <code>
/// FindingCode code = FindingCodes.Find("TF2301")!;
/// Console.WriteLine($"{code.Cause} {code.Remedy}");
/// Console.WriteLine(code.CanBeAllowed ? code.Loss : "cannot be allowed");
/// </code>
/// </example>
public sealed record FindingCode(string Id, Severity Severity, string Cause, string Remedy, string? Loss = null)
{
    /// <summary>Whether <c>--allow</c> turns this error into a warning.</summary>
    public bool CanBeAllowed => Loss is not null;

    /// <summary>Makes a finding of this cause.</summary>
    /// <param name="subject">The file, tensor, module or field that it is about.</param>
    /// <param name="message">What was found, with the numbers.</param>
    public Finding At(string subject, string message) => new(this, subject, message);

    /// <summary>Makes a finding of this cause about a field of a config.</summary>
    /// <param name="place">The field.</param>
    /// <param name="message">What was found, with the numbers.</param>
    public Finding At(ConfigPlace place, string message) => new(this, place.ToString(), message) { Place = place };

    /// <summary>Makes one finding about several subjects: it names the first and counts the others.</summary>
    /// <param name="subjects">The tensors or modules that it is about; at least one.</param>
    /// <param name="message">What was found of each.</param>
    public Finding At(IReadOnlyList<string> subjects, string message) =>
        new(this, subjects[0], subjects.Count == 1 ? message : $"{message} (and {subjects.Count - 1} more like it)");

    /// <inheritdoc />
    public override string ToString() => Id;
}
