using System.Text;

namespace Transfuse.Metadata.Matching;

/// <summary>
/// Patterns that are mere names, such as <c>layers.3.self_attn.q_proj</c>: only their dots mean something else than themselves, any character. A config may
/// have as many of them as modules, so they are looked up, not tried. Each has a number, its place in the config.
/// </summary>
internal sealed class NameTable
{
    // What stands for any character.
    private const char Any = '\0';

    private readonly Dictionary<int, List<Group>> _byLength = [];

    /// <summary>The lengths that the names have.</summary>
    public IReadOnlyCollection<int> Lengths => _byLength.Keys;

    /// <summary>Adds a pattern if it is a mere name.</summary>
    public bool TryAdd(ReadOnlySpan<char> pattern, int number)
    {
        if (NameOf(pattern) is not { } name)
        {
            return false;
        }

        if (!_byLength.TryGetValue(name.Length, out List<Group>? groups))
        {
            _byLength.Add(name.Length, groups = []);
        }

        int[] places = [.. Enumerable.Range(0, name.Length).Where(index => name[index] == Any)];
        Group? group = groups.Find(candidate => candidate.Places.AsSpan().SequenceEqual(places));
        if (group is null)
        {
            groups.Add(group = new Group(places));
        }

        if (!group.Numbers.TryGetValue(name, out List<int>? numbers))
        {
            group.Numbers.Add(name, numbers = []);
        }

        numbers.Add(number);
        return true;
    }

    /// <summary>Whether names can be looked up in a text; in others dots and ends of lines are Python's business.</summary>
    public static bool Covers(string text) => Ascii.IsValid(text) && !text.Contains('\n', StringComparison.Ordinal);

    /// <summary>Adds the numbers of the names that match a whole text.</summary>
    public void Find(ReadOnlySpan<char> text, List<int> numbers)
    {
        if (!_byLength.TryGetValue(text.Length, out List<Group>? groups))
        {
            return;
        }

        Span<char> masked = text.Length <= 256 ? stackalloc char[text.Length] : new char[text.Length];
        foreach (Group group in groups)
        {
            text.CopyTo(masked);
            foreach (int place in group.Places)
            {
                masked[place] = Any;
            }

            if (group.Numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(masked, out List<int>? found))
            {
                numbers.AddRange(found);
            }
        }
    }

    private static string? NameOf(ReadOnlySpan<char> pattern)
    {
        var name = new StringBuilder(pattern.Length);
        for (int index = 0; index < pattern.Length; index++)
        {
            bool escaped = pattern[index] == '\\' && index + 1 < pattern.Length && pattern[index + 1] is '.' or '-' or '_';
            index += escaped ? 1 : 0;
            if (!char.IsAsciiLetterOrDigit(pattern[index]) && pattern[index] is not ('.' or '-' or '_'))
            {
                return null;
            }

            name.Append(pattern[index] == '.' && !escaped ? Any : pattern[index]);
        }

        return name.Length > 0 ? name.ToString() : null;
    }

    /// <summary>Names of one length with dots in the same places.</summary>
    private sealed class Group(int[] places)
    {
        public int[] Places => places;

        public Dictionary<string, List<int>> Numbers { get; } = new(StringComparer.Ordinal);
    }
}
