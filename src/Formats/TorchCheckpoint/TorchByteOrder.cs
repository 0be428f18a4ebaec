namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>How the elements of storages lie in the file.</summary>
internal enum TorchByteOrder
{
    /// <summary>Little-endian, from a little-endian machine.</summary>
    Little,

    /// <summary>As they lay in the memory of a big-endian machine.</summary>
    Big,

    /// <summary>Made little-endian by a big-endian machine, which did not know untyped and complex elements.</summary>
    Converted,
}
