using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Table;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The model types that Transfuse knows, from the table in the assembly.</summary>
internal sealed class ArchitectureTable
{
    /// <summary>The model type by which all names are kept; no entry has it.</summary>
    public const string Identity = "identity";

    private static readonly Lazy<ArchitectureTable> Loaded = new(Load);
    private readonly FrozenDictionary<string, Architecture> _byModelType;

    private ArchitectureTable(ImmutableArray<Architecture> all)
    {
        All = all;
        _byModelType = all.ToFrozenDictionary(architecture => architecture.ModelType, StringComparer.Ordinal);
    }

    /// <summary>The table; read once.</summary>
    public static ArchitectureTable Default => Loaded.Value;

    /// <summary>All entries in the order of the table, aliases included.</summary>
    public ImmutableArray<Architecture> All { get; }

    /// <summary>The entry of a model type, or <see langword="null"/>.</summary>
    /// <param name="modelType">As in config.json's <c>model_type</c>; case matters.</param>
    public Architecture? Find(string modelType) => _byModelType.GetValueOrDefault(modelType);

    private static ArchitectureTable Load()
    {
        using Stream stream = typeof(ArchitectureTable).Assembly.GetManifestResourceStream("architectures.json")!;
        return new ArchitectureTable(TableReader.Read(stream));
    }
}
