namespace Transfuse.Metadata.Configs;

/// <summary>What was found where a config field should be.</summary>
internal enum FieldOutcome
{
    /// <summary>The config has no such field.</summary>
    Missing,

    Null,

    /// <summary>The field has a value of the right type.</summary>
    Ok,

    /// <summary>A float with an integral value stands where an integer belongs, such as <c>8.0</c>; it is taken.</summary>
    IntegralFloat,

    /// <summary><c>true</c> or <c>false</c> stands where a number belongs, or 0 or 1 where a boolean belongs; it is taken, as Python takes it.</summary>
    BooleanAsNumber,

    /// <summary>The field has a value of another type.</summary>
    WrongType,

    /// <summary>The number is <c>NaN</c>, infinite, or beyond double.</summary>
    NotFinite,

    /// <summary>The integer is beyond 64 bits.</summary>
    OutOfRange,
}
