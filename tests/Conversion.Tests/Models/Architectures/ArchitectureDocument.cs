using System.Text;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Rules;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Writes docs/architectures.md from the table and from what the tests compare it with.</summary>
internal static class ArchitectureDocument
{
    public static string Write(IReadOnlyCollection<string> withFiles, IReadOnlyCollection<string> withLoads, IReadOnlyCollection<string> withLiveNames)
    {
        StringBuilder text = new();
        text.Append("""
            # Architectures

            Generated from `src/Conversion/Models/Architectures/architectures.json` by a test; change that file, then run the tests of
            Transfuse.Conversion with `TRANSFUSE_UPDATE_DOCS=1`.

            An adapter is converted by the names of its modules. The table says, per model type, which module of the Hugging Face
            model becomes which module of the MLX model, and what MLX can adapt. Its law: what is done to an adapter commutes with
            what mlx-lm does to the base weights when it loads them. What the table does not name is refused.

            **Proof.** *files*: the weight rules turn a model that transformers 5.17.0 saved into the one that mlx-lm 0.32.0 saved, bit
            for bit. *load*: they do what mlx-lm 0.32.0's own loading code did to small weight files. *names*: every matrix of the live
            model in transformers 5.17.0 is mapped or refused. *algebra only*: the rules for adapters and for weights agree with each
            other on a made-up model; every entry passes that test too.

            **Class.** *identity*: equal paths. *prefix*: another root. *rename*: other names or scaled weights. *stack*: experts are
            stacked. *split*: rows of one tensor belong to several modules. *unsupported*: nothing inside the layers can be adapted.

            Model types of low confidence are refused unless `--allow TF4003` is given.

            | Model type | Class | Confidence | Proof | Layers in Hugging Face | Layers in MLX | Head |
            | --- | --- | --- | --- | --- | --- | --- |

            """);
        foreach (Architecture architecture in ArchitectureTable.Default.All)
        {
            string proof = Proof(architecture, withFiles, withLoads, withLiveNames);
            text.Append(architecture.AliasOf is string original
                ? $"| {architecture.ModelType} | as {original} | {Low(architecture.Confidence)} | {proof} | | | |\n"
                : $"| {architecture.ModelType} | {Low(architecture.Class)} | {Low(architecture.Confidence)} | {proof} | {Roots(architecture)} | "
                    + $"`{architecture.Layers.Mlx}` | {Head(architecture)} |\n");
        }

        text.Append("\n## Modules\n\nPaths below a layer; `*` marks stacked experts. `4` and `5` are the generations of transformers that have the name.\n");
        foreach (Architecture architecture in ArchitectureTable.Default.All.Where(architecture => architecture.AliasOf is null))
        {
            Modules(text, architecture);
        }

        return text.ToString();
    }

    private static string Proof(
        Architecture architecture, IReadOnlyCollection<string> withFiles, IReadOnlyCollection<string> withLoads, IReadOnlyCollection<string> withLiveNames)
    {
        string[] proofs =
        [
            .. withFiles.Contains(architecture.ModelType) ? ["files"] : Array.Empty<string>(),
            .. withLoads.Contains(architecture.AliasOf ?? architecture.ModelType) ? ["load"] : Array.Empty<string>(),
            .. withLiveNames.Contains(architecture.ModelType) ? ["names"] : Array.Empty<string>(),
        ];
        return proofs.Length == 0 ? "algebra only" : string.Join(", ", proofs);
    }

    private static string Roots(Architecture architecture) =>
        string.Join(", ", architecture.Layers.HuggingFace.OrderBy(root => root != architecture.Layers.Transformers5).Select(root => $"`{root}`"));

    private static string Head(Architecture architecture) => architecture.Tying.Mlx switch
    {
        MlxTying.Always => "is the embedding",
        MlxTying.Never => "of its own",
        MlxTying.Weights => "as in the files",
        _ => "as configured",
    };

    private static void Modules(StringBuilder text, Architecture architecture)
    {
        text.Append($"\n### {architecture.ModelType}\n\n");
        foreach (RefusedModel refused in architecture.RefusedModels)
        {
            text.Append($"Refused{(refused.When is null ? "" : " for some models")}: {refused.Reason}.\n\n");
        }

        text.Append($"- MLX adapts {List(architecture.Keys.Select(key => key.Path.Path + (key.Kind == TargetKind.Switch ? "*" : "")))}\n");
        text.Append(
            "- outside the layers "
            + $"{List(architecture.Globals.Where(module => module.Mlx is not null && module.Refused is null).Select(module => module.Mlx!.Path))}\n");
        if (!architecture.Refused.IsEmpty)
        {
            text.Append(
                "- MLX cannot adapt "
+ $"{string.Join(", ", architecture.Refused.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => $"`{item.Key}` ({item.Value})"))}\n");
        }

        foreach (Rule rule in architecture.Rules)
        {
            text.Append(
                $"- {Describe(rule)}{(rule.Runtime == Runtime.All ? "" : $" ({Name(rule.Runtime)})")}{(rule.When is null ? "" : ", depending on the configuration")}\n");
        }
    }

    private static string Describe(Rule rule) => rule switch
    {
        DropRule drop => $"`{rule.Source.Path}` has no effect: {Reasons.Texts[drop.Reason]}",
        UnsupportedRule unsupported => $"`{rule.Source.Path}` is refused: {(Reasons.Texts.GetValueOrDefault(unsupported.Reason))}",
        ScaleRule => $"`{rule.Source.Path}` is scaled",
        PackedRule or SplitRule => $"`{rule.Source.Path}` = {string.Join(" and ", rule.Targets.Select(target => $"`{target.Path.Path}`"))}",
        RenameRule { Transposed: true } => $"`{rule.Source.Path}` lies as (in, out)",
        _ => $"`{rule.Source.Path}` = `{rule.Targets[0].Path.Path}`",
    };

    private static string Name(Runtime runtime) => runtime switch
    {
        Runtime.Transformers4 => "4",
        Runtime.Transformers5 => "5",
        _ => "old files",
    };

    private static string List(IEnumerable<string> paths) =>
        string.Join(", ", paths.Order(StringComparer.Ordinal).Select(path => $"`{path}`").DefaultIfEmpty("nothing"));

#pragma warning disable CA1308 // words of the document are in lower case
    private static string Low<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}
