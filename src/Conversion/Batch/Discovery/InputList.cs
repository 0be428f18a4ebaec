namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>A list of paths: one a line. Empty lines and lines that begin with # are passed over.</summary>
/// <example>
/// <code>
/// using StreamReader list = File.OpenText("list.txt");
/// DiscoveredInputs found = InputDiscovery.Find(InputList.Read(list), new DiscoveryOptions { IsList = true });
/// </code>
/// </example>
public static class InputList
{
    private const int LongestLine = 1 << 16;

    /// <summary>Reads one.</summary>
    /// <exception cref="BatchException">A line is longer than any path, or there is none.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static IReadOnlyList<string> Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var paths = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            string path = line.TrimEnd('\r');
            if (path.Length > LongestLine || path.Contains('\0'))
            {
                throw new BatchException($"line {paths.Count + 1} of the list is no path.");
            }

            if (path.Trim().Length > 0 && path[0] != '#')
            {
                paths.Add(path);
            }
        }

        return paths is [] ? throw new BatchException("the list names no input.") : paths;
    }
}
