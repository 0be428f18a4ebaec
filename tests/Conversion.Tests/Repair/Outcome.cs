namespace Transfuse.Conversion.Tests.Repair;

/// <summary>What a repair made of a damaged field.</summary>
internal enum Outcome
{
    /// <summary>The adapter does exactly what it did, and its reader loads it as intended.</summary>
    Restored,

    /// <summary>Refused, with a finding that names the field.</summary>
    Refused,

    /// <summary>What the reader takes by default, with a warning that names the field and the program.</summary>
    Default,

    /// <summary>Kept as it stands: no reader needs it for what the adapter does, or it is the only record of what it says.</summary>
    Kept,

    /// <summary>The adapter does something else and nobody was told. Never.</summary>
    Silent,
}
