using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Table;

/// <summary>The closed vocabularies of the table.</summary>
internal static class Words
{
    public static FrozenDictionary<string, ArchitectureClass> Class { get; } = Of<ArchitectureClass>(
        ("identity", ArchitectureClass.Identity),
        ("prefix", ArchitectureClass.Prefix),
        ("rename", ArchitectureClass.Rename),
        ("stack", ArchitectureClass.Stack),
        ("split", ArchitectureClass.Split),
        ("unsupported", ArchitectureClass.Unsupported));

    public static FrozenDictionary<string, Confidence> Confidence { get; } = Of<Confidence>(
        ("low", Architectures.Confidence.Low),
        ("medium", Architectures.Confidence.Medium),
        ("high", Architectures.Confidence.High));

    public static FrozenDictionary<string, Runtime> Runtime { get; } = Of<Runtime>(
        ("all", Architectures.Runtime.All),
        ("4", Architectures.Runtime.Transformers4),
        ("5", Architectures.Runtime.Transformers5),
        ("legacy", Architectures.Runtime.Legacy));

    public static FrozenDictionary<string, TargetKind> Kind { get; } = Of<TargetKind>(
        ("linear", TargetKind.Linear),
        ("switch", TargetKind.Switch),
        ("embedding", TargetKind.Embedding));

    public static FrozenDictionary<string, ModuleRole> Role { get; } = Of<ModuleRole>(
        ("input", ModuleRole.InputEmbedding),
        ("head", ModuleRole.Head));

    public static FrozenDictionary<string, PackedLayout> Layout { get; } = Of<PackedLayout>(
        ("E,out,in", PackedLayout.OutIn),
        ("E,in,out", PackedLayout.InOut));

    public static FrozenDictionary<string, ExpertDimension> Dimension { get; } = Of<ExpertDimension>(
        ("hidden", ExpertDimension.Hidden),
        ("width", ExpertDimension.Width),
        ("latent", ExpertDimension.Latent));

    public static FrozenDictionary<string, RowSelection> Rows { get; } = Of<RowSelection>(
        ("all", RowSelection.All),
        ("first_half", RowSelection.Part(0, 2)),
        ("second_half", RowSelection.Part(1, 2)),
        ("even", RowSelection.Even),
        ("odd", RowSelection.Odd));

    public static FrozenDictionary<string, MlxTying> Tying { get; } = Of<MlxTying>(
        ("always", MlxTying.Always),
        ("never", MlxTying.Never),
        ("weights", MlxTying.Weights),
        ("config", MlxTying.Config),
        ("config_or_true", MlxTying.ConfigOrTrue),
        ("config_or_false", MlxTying.ConfigOrFalse));

    public static FrozenDictionary<string, Comparison> Comparison { get; } = Of<Comparison>(
        ("eq", Expressions.Comparison.Equal),
        ("gt", Expressions.Comparison.Greater),
        ("ge", Expressions.Comparison.AtLeast),
        ("present", Expressions.Comparison.Present));

    public static FrozenDictionary<string, Operator> Operator { get; } = Of<Operator>(
        ("add", Expressions.Operator.Add),
        ("sub", Expressions.Operator.Subtract),
        ("mul", Expressions.Operator.Multiply),
        ("div", Expressions.Operator.Divide));

    private static FrozenDictionary<string, T> Of<T>(params ReadOnlySpan<(string Word, T Value)> words)
    {
        Dictionary<string, T> dictionary = [];
        foreach ((string word, T value) in words)
        {
            dictionary.Add(word, value);
        }

        return dictionary.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
