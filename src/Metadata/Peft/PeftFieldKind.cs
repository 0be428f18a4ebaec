namespace Transfuse.Metadata.Peft;

/// <summary>What stands in a field of PEFT's config.</summary>
internal enum PeftFieldKind
{
    /// <summary>A string.</summary>
    Text,

    Integer,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>An object.</summary>
    Map,

    /// <summary>A list of strings.</summary>
    Names,

    /// <summary>A string or a list of strings.</summary>
    NamesOrPattern,

    /// <summary>A list of integers.</summary>
    Integers,

    /// <summary>An integer or a list of integers.</summary>
    IntegerOrIntegers,

    /// <summary>A list of integers, or an object of such lists.</summary>
    IntegersByName,

    /// <summary>A list of pairs of integers.</summary>
    Ranges,

    /// <summary>true, false or a string.</summary>
    Initialisation,
}
