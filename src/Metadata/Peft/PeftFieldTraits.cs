namespace Transfuse.Metadata.Peft;

/// <summary>What else is known of a field of PEFT's config.</summary>
[Flags]
internal enum PeftFieldTraits
{
    /// <summary>Nothing else.</summary>
    None = 0,

    /// <summary>PEFT itself writes null there.</summary>
    MayBeNull = 1,

    /// <summary>No tensor tells it, so that what PEFT takes for a missing one is an assumption.</summary>
    Untold = 2,

    /// <summary>Python uses the value in a way that fails on another type; of other fields it takes any.</summary>
    Typed = 4,

    /// <summary>Another dialect loses nothing with it: it is read into the adapter, or means nothing elsewhere.</summary>
    Understood = 8,

    /// <summary>No config of MLX's programs has it.</summary>
    Telling = 16,

    /// <summary>It holds nothing as a rule: who writes configs by hand leaves it out.</summary>
    WholeConfigs = 32,

    /// <summary>It does not date a config: PEFT never writes it, or did no more when it began to name its version.</summary>
    Undated = 64,
}
