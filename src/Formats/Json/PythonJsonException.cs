using System.Globalization;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Json;

/// <summary>A document is not the JSON that Python reads, or is beyond the limits.</summary>
public sealed class PythonJsonException : ContainerException
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
}
