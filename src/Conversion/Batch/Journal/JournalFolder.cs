using System.Buffers;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>The journals of an output folder: the files <c>.transfuse.*.jsonl</c> in it, one for each process that has written there.</summary>
internal static class JournalFolder
{
    private const string Prefix = ".transfuse.";
    private const string Extension = ".jsonl";

    // A line is some findings and hashes. What is longer is none of ours.
    private const int LongestLine = 64 << 20;
    private const int PartBytes = 1 << 20;

    /// <summary>The journal files in an output folder, by name; the name begins with the time.</summary>
    public static string[] Files(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(
            folder, $"{Prefix}*{Extension}", new EnumerationOptions { AttributesToSkip = FileAttributes.None, MatchType = MatchType.Simple })
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A name for the file of this process.</summary>
    public static string NewName(DateTime now) =>
        $"{Prefix}{now:yyyyMMdd'T'HHmmss'Z'}-{Host()}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}{Extension}";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Takes each line.</param>
    /// <returns>How many lines could not be read.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static int Read(string path, Action<JournalEntry> take)
    {
        using var file = new FileByteSource(path);
        int damaged = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PartBytes);
        try
        {
            int filled = 0;
            for (long position = 0; position < file.Length || filled > 0;)
            {
                int part = (int)Math.Min(buffer.Length - filled, file.Length - position);
                file.Read(position, buffer.AsSpan(filled, part));
                position += part;
                filled += part;
                Span<byte> bytes = buffer.AsSpan(0, filled);
                int end;
                while ((end = bytes.IndexOf((byte)'\n')) >= 0)
                {
                    damaged += Take(bytes[..end], take);
                    bytes = bytes[(end + 1)..];
                }

                if (position == file.Length)
                {
                    // A line without an end was being written when its process was ended.
                    return damaged + (bytes.IsEmpty ? 0 : 1);
                }

                if (bytes.Length == buffer.Length)
                {
                    if (buffer.Length >= LongestLine)
                    {
                        return damaged + 1;
                    }

                    byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    bytes.CopyTo(larger);
                    filled = bytes.Length;
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                else
                {
                    bytes.CopyTo(buffer);
                    filled = bytes.Length;
                }
            }

            return damaged;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Take(ReadOnlySpan<byte> line, Action<JournalEntry> take)
    {
        if (line.IsEmpty)
        {
            return 0;
        }

        if (JournalJson.Parse(line) is not { } entry)
        {
            return 1;
        }

        take(entry);
        return 0;
    }

    // Letters that are plain in a file's name.
    private static string Host()
    {
        string name = new([.. Environment.MachineName.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_').Take(32)]);
        return name.Length > 0 ? name : "host";
    }
}
