using System.Globalization;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Json;

/// <summary>A document is not the JSON that Python reads, or is beyond the limits.</summary>
internal sealed class PythonJsonException : ContainerException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="cause">Why the document was refused.</param>
    /// <param name="fileName">The document's name.</param>
    /// <param name="line">Line of the place, from 1.</param>
    /// <param name="column">Column of the place in code points, from 1.</param>
    /// <param name="message">What was found, without the place.</param>
    internal PythonJsonException(PythonJsonCause cause, string fileName, int line, int column, string message)
        : base(fileName, null, string.Create(CultureInfo.InvariantCulture, $"line {line} column {column}: {message}"))
    {
        Cause = cause;
        Line = line;
        Column = column;
    }

    /// <summary>Why the document was refused.</summary>
    public PythonJsonCause Cause { get; }

    /// <summary>Line of the place, from 1.</summary>
    public int Line { get; }

    /// <summary>Column of the place in code points, from 1.</summary>
    public int Column { get; }

    /// <summary>Makes the exception for a byte of a document, or for its end.</summary>
    internal static PythonJsonException At(ReadOnlySpan<byte> document, int position, PythonJsonCause cause, string fileName, string message)
    {
        ReadOnlySpan<byte> before = document[..position];
        int line = before.Count((byte)'\n') + 1;
        int column = 1;
        foreach (byte unit in before[(before.LastIndexOf((byte)'\n') + 1)..])
        {
            // Bytes that continue a character do not count.
            column += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return new PythonJsonException(cause, fileName, line, column, message);
    }
}
