namespace Transfuse.Conversion.Models.Outlines;

/// <summary>Whether a module is there and can be wrapped.</summary>
internal enum SlotState
{
    /// <summary>The model is not known well enough.</summary>
    Unknown,

    /// <summary>Nothing is there.</summary>
    Absent,

    /// <summary>A layer that an adapter can wrap.</summary>
    Adaptable,

    /// <summary>Something that cannot be wrapped: a norm, a router with a raw weight, a container.</summary>
    Fixed,
}
