namespace Transfuse.Formats.Zip;

/// <summary>One file of an archive, as the central directory describes it.</summary>
/// <param name="Name">Relative path with forward slashes.</param>
/// <param name="Method">How its bytes are kept.</param>
/// <param name="Crc">CRC-32 of the uncompressed bytes.</param>
/// <param name="StoredLength">Bytes in the archive.</param>
/// <param name="Length">Bytes after decompression.</param>
/// <param name="HeaderPosition">Where its local header begins.</param>
/// <param name="DataPosition">Where its bytes begin.</param>
internal sealed record ZipEntry(string Name, ZipMethod Method, uint Crc, long StoredLength, long Length, long HeaderPosition, long DataPosition);
