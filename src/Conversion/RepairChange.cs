namespace Transfuse.Conversion;

/// <summary>One thing that a repair changed.</summary>
/// <param name="Subject">The field, such as <c>lora_parameters.rank</c>, or what about the tensors.</param>
/// <param name="Before">What was there; <see langword="null"/> where nothing was.</param>
/// <param name="After">What is there now; <see langword="null"/> where nothing is.</param>
/// <param name="Reason">Why.</param>
/// <seealso cref="Transfuse.Conversion.Repair.AdapterRepair" />
public sealed record RepairChange(string Subject, string? Before, string? After, string Reason)
{
    /// <inheritdoc />
    public override string ToString() => $"{Subject}: {Before ?? "(none)"} -> {After ?? "(removed)"}: {Reason}";
}
