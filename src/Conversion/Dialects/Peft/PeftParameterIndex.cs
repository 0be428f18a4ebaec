using System.Collections.Immutable;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// <c>target_parameters</c> by the module that each item names: what an item <c>mlp.experts.down_proj</c> says holds for every module whose path is, or ends
/// with a dot and, <c>mlp.experts</c>; an item without a dot holds for all. A module is looked up by the ends of its path, so that many items beside many
/// modules cost no product.
/// </summary>
internal sealed class PeftParameterIndex
{
    /// <summary>Parameters of one module that are told apart: none has as many, and a hostile list is not multiplied with the modules.</summary>
    public const int MostParameters = 64;

    private readonly Dictionary<string, List<Item>> _byOwner = new(StringComparer.Ordinal);
    private readonly List<Item> _everywhere = [];

    /// <param name="targets">The items.</param>
    public PeftParameterIndex(IEnumerable<string> targets)
    {
        int place = 0;
        foreach (string target in targets.Distinct(StringComparer.Ordinal))
        {
            int dot = target.LastIndexOf('.');
            if (dot == target.Length - 1)
            {
                continue;
            }

            // An item that begins with its only dot names an empty module, which is none: it holds for all, as without the dot.
            List<Item> items = dot <= 0 ? _everywhere : Owned(target[..dot]);
            items.Add(new Item(place++, target[(dot + 1)..], dot >= 0));
        }
    }

    /// <summary>Whether an item holds for all modules.</summary>
    public bool HasBare => _everywhere.Exists(static item => !item.NamesModule);

    /// <summary>How often <see cref="Of"/> looked at an item or asked for an end of a path.</summary>
    public long Lookups { get; private set; }

    /// <summary>
    /// The parameters that items name for a module, in the items' order, each once; of more than <see cref="MostParameters"/> one more than that.
    /// </summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="withBare">Whether items count that name no module.</param>
    public ImmutableArray<string> Of(string modulePath, bool withBare)
    {
        if (_byOwner.Count == 0 && _everywhere.Count == 0)
        {
            return [];
        }

        var found = new List<Item>();
        Take(_everywhere.Where(item => withBare || item.NamesModule));
        var lookup = _byOwner.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int start = 0; ; start = modulePath.IndexOf('.', start) + 1)
        {
            Lookups++;
            if (lookup.TryGetValue(modulePath.AsSpan(start), out List<Item>? items))
            {
                Take(items);
            }

            if (modulePath.IndexOf('.', start) < 0)
            {
                break;
            }
        }

        return [.. found.OrderBy(static item => item.Place).Select(static item => item.Parameter).Distinct(StringComparer.Ordinal).Take(MostParameters + 1)];

        void Take(IEnumerable<Item> items)
        {
            foreach (Item item in items.Take(MostParameters + 1))
            {
                Lookups++;
                found.Add(item);
            }
        }
    }

    private List<Item> Owned(string owner)
    {
        if (!_byOwner.TryGetValue(owner, out List<Item>? items))
        {
            _byOwner.Add(owner, items = []);
        }

        return items;
    }

    private sealed record Item(int Place, string Parameter, bool NamesModule);
}
