using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Transfuse.Metadata.Peft;

/// <summary>A list of names of which each stands for itself and for every path that ends with a dot and it.</summary>
/// <param name="items">The names.</param>
internal sealed class PeftSuffixList(ImmutableArray<string> items)
{
    private readonly FrozenSet<string> _items = items.ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenSet<int> _lengths = items.Select(item => item.Length).ToFrozenSet();

    /// <summary>Whether a path is one of the names, or ends with a dot and one of them.</summary>
    public bool Matches(string path)
    {
        if (_items.Contains(path))
        {
            return true;
        }

        var lookup = _items.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (_lengths.Contains(path.Length - dot - 1) && lookup.Contains(path.AsSpan(dot + 1)))
            {
                return true;
            }
        }

        return false;
    }
}
