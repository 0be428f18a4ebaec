using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;

namespace Transfuse.Metadata.Peft;

/// <summary>One field of PEFT's LoRA config.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What stands in it.</param>
/// <param name="Since">The minor number of the first PEFT 0.x that has it.</param>
/// <param name="Default">What PEFT 0.21 takes where it is missing; <see langword="null"/> where it has no default.</param>
/// <param name="Effect">What it does to the function.</param>
/// <param name="Traits">What else is known of it.</param>
internal sealed record PeftField(string Name, PeftFieldKind Kind, int Since, JsonValue? Default, PeftFieldEffect Effect, PeftFieldTraits Traits)
{
    /// <summary>What repair puts in place of a value that no reader can use; <see langword="null"/> where it does not know a right one.</summary>
    public PeftMending? Mending { get; init; }

    /// <summary>What a value must be beside being of the kind; <see langword="null"/> where any such value is taken.</summary>
    public Func<JsonValue, bool>? Rule { get; init; }

    /// <summary>Whether it changes what model and adapter compute.</summary>
    public bool ChangesMaths => Effect != PeftFieldEffect.Nothing;

    /// <summary>Whether all of these hold of it.</summary>
    public bool Is(PeftFieldTraits traits) => (Traits & traits) == traits;

    /// <summary>Whether a value, other than null, is one that belongs there.</summary>
    public bool Accepts(JsonValue value) => IsOfKind(value) && Rule?.Invoke(value) != false;

    private bool IsOfKind(JsonValue value) => Kind switch
    {
        PeftFieldKind.Text => value is JsonString,
        PeftFieldKind.Integer => JsonFields.ReadInteger(value, out _).HasValue(),
        PeftFieldKind.Number => JsonFields.ReadNumber(value, out _).HasValue(),
        PeftFieldKind.Flag => JsonFields.ReadBoolean(value, out _).HasValue(),
        PeftFieldKind.Map => value is JsonObject,
        PeftFieldKind.Names => IsNames(value),
        PeftFieldKind.NamesOrPattern => value is JsonString || IsNames(value),
        PeftFieldKind.Integers => IsIntegers(value),
        PeftFieldKind.IntegerOrIntegers => JsonFields.ReadInteger(value, out _).HasValue() || IsIntegers(value),
        PeftFieldKind.IntegersByName => IsIntegers(value) || (value is JsonObject lists && lists.Members.All(member => IsIntegers(member.Value))),
        PeftFieldKind.Ranges => value is JsonArray ranges
            && ranges.Items.All(range => JsonFields.ReadIntegers(range, out ImmutableArray<long> ends).HasValue() && ends.Length == 2),
        PeftFieldKind.Initialisation => value is JsonBoolean or JsonString,
        _ => throw new InvalidOperationException($"{Kind} is no kind of field."),
    };

    private static bool IsNames(JsonValue value) => JsonFields.ReadStrings(value, out _) == FieldOutcome.Ok;

    private static bool IsIntegers(JsonValue value) => JsonFields.ReadIntegers(value, out _).HasValue();
}
