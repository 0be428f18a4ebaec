namespace Transfuse.Formats.Zip;

/// <summary>How an entry's bytes are kept; the values are those of the format.</summary>
internal enum ZipMethod
{
    Stored = 0,

    Deflated = 8,
}
