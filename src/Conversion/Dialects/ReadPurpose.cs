namespace Transfuse.Conversion.Dialects;

/// <summary>What an adapter is read for.</summary>
internal enum ReadPurpose
{
    /// <summary>To stay in its dialect: everything is carried, also what no other dialect has a form for.</summary>
    Carry,

    /// <summary>To leave its dialect: what would change its meaning on the way is refused.</summary>
    Convert,

    /// <summary>To be compared with another: as carried, except that methods that are low-rank products become LoRA, of whatever rank.</summary>
    Compare,

    /// <summary>To be merged into its base: whole modules, biases and rows of tokens are taken along, and methods that are low-rank products become LoRA, of whatever rank; what is relative to another base is refused.</summary>
    Fuse,

    /// <summary>To be looked at: what keeps it from being plain is told, not refused.</summary>
    Inspect,

    /// <summary>To be mended: what the config and the file lack is for the repair to find.</summary>
    Repair,
}
