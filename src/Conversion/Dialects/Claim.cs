namespace Transfuse.Conversion.Dialects;

/// <summary>How surely a config is one of a dialect.</summary>
internal enum Claim
{
    /// <summary>Nothing says so.</summary>
    None,

    /// <summary>It would be, if no other dialect claims it.</summary>
    Likely,

    /// <summary>It has what only this dialect has.</summary>
    Plain,
}
