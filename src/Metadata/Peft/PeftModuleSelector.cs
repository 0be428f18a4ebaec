using System.Collections.Immutable;

namespace Transfuse.Metadata.Peft;

/// <summary>The value of <c>target_modules</c> or <c>exclude_modules</c>.</summary>
internal sealed record PeftModuleSelector
{
    private PeftModuleSelector(PeftModuleSelectorKind kind, string pattern, ImmutableArray<string> items)
    {
        Kind = kind;
        Pattern = pattern;
        Items = items;
    }

    public static PeftModuleSelector None { get; } = new(PeftModuleSelectorKind.None, string.Empty, []);

    /// <summary>PEFT's table for the model type.</summary>
    public static PeftModuleSelector ModelDefault { get; } = new(PeftModuleSelectorKind.ModelDefault, string.Empty, []);

    /// <summary>How modules are named.</summary>
    public PeftModuleSelectorKind Kind { get; }

    /// <summary>The string of the config: the pattern, or <c>all-linear</c> in any case; empty where it is a list.</summary>
    public string Pattern { get; }

    /// <summary>The items of the list in the order of the file.</summary>
    public ImmutableArray<string> Items { get; }

    /// <summary>The meaning of a string in <c>target_modules</c>: <c>all-linear</c> in any case, else a pattern.</summary>
    public static PeftModuleSelector OfString(string text) =>
        new(
            string.Equals(text, "all-linear", StringComparison.OrdinalIgnoreCase) ? PeftModuleSelectorKind.AllLinear : PeftModuleSelectorKind.Pattern, text,
            []);

    /// <summary>A Python pattern for the whole path.</summary>
    public static PeftModuleSelector OfPattern(string pattern) => new(PeftModuleSelectorKind.Pattern, pattern, []);

    /// <summary>A list of whole paths and suffixes.</summary>
    public static PeftModuleSelector OfList(ImmutableArray<string> items) => new(PeftModuleSelectorKind.List, string.Empty, items);
}
