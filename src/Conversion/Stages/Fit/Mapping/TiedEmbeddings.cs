using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Where a base ties its head to its embedding, MLX's adapter of the embedding changes the head too; PEFT's changes the embedding alone,
/// unless it was trained with <c>ensure_weight_tying</c> and the file holds both pairs, each the mirror of the other.
/// </summary>
internal static class TiedEmbeddings
{
    private const string DefaultHead = "lm_head";
    private const string TyingField = "tie_word_embeddings";

    /// <summary>A PEFT adapter without the head's mirror pair, or with a finding where its meaning would change in MLX.</summary>
    public static Adapter BeforeMlx(Adapter adapter, ArchitectureMap map, Run run)
    {
        AdapterModule? embedding = Find(adapter, map.Architecture, ModuleRole.InputEmbedding);
        if (embedding is null)
        {
            return adapter;
        }

        AdapterModule? head = Find(adapter, map.Architecture, ModuleRole.Head);
        bool mirrored = adapter.TiesEmbeddings && head is not null && IsMirror(embedding, head, run.CancellationToken);
        bool? tied = map.Architecture.Tying.IsTiedInMlx(map.Config) ?? map.Architecture.Tying.IsTiedInHuggingFace(map.Config) ?? (mirrored ? true : null);
        switch (tied)
        {
            case true when mirrored:
                return adapter with { Modules = adapter.Modules.Remove(head!) };
            case true:
                run.Log.Add(TargetCodes.TiedEmbedding.At(
                    embedding.SourcePath, head is null ? "adapts the embedding alone; in MLX it would change the tied head too"
                        : "and the head are adapted each for itself; in MLX they are one"));
                break;
            case null:
                run.Log.Add(TargetCodes.TyingUnknown.At(
                    embedding.SourcePath, "adapts the embedding alone; if the base ties it to the head, MLX would change the head too"));
                break;
        }

        return adapter;
    }

    /// <summary>An adapter from MLX with the head's mirror pair, where the base ties them.</summary>
    public static Adapter AfterMlx(Adapter adapter, ArchitectureMap map, HfLayout layout, Run run)
    {
        AdapterModule? embedding = Find(adapter, map.Architecture, ModuleRole.InputEmbedding);
        bool hasHead = Find(adapter, map.Architecture, ModuleRole.Head) is not null;
        if (embedding is null || hasHead)
        {
            // A model with a head of its own does not tie it.
            return adapter;
        }

        switch (map.Architecture.Tying.IsTiedInHuggingFace(map.Config) ?? map.Architecture.Tying.IsTiedInMlx(map.Config))
        {
            case true:
                return adapter with { Modules = adapter.Modules.Add(Mirror(embedding, HeadPath(map.Architecture, layout))), TiesEmbeddings = true };
            case null:
                run.Log.Add(TargetCodes.TyingUnknown.At(embedding.SourcePath, "changes the head too, if the base ties them; PEFT needs to know"));
                break;
        }

        return adapter;
    }

    /// <summary>
    /// The adapter as it is, with a finding for each embedding that the base may tie to its head: no table tells how, so it cannot be mirrored.
    /// </summary>
    public static Adapter WithoutArchitecture(Adapter adapter, Run run)
    {
        bool? tied = run.Base?.Config.TyingForHuggingFace(TyingField);
        foreach (AdapterModule embedding in adapter.Modules.Where(module => module.Kind == ModuleKind.Embedding && !module.Path.IsInLayer && tied != false))
        {
            run.Log.Add(tied == true
                ? TargetCodes.TiedEmbedding.At(
                    embedding.SourcePath, "is tied to the head, which the two programs adapt differently; without --model-type identity it could be mirrored")
                : TargetCodes.TyingUnknown.At(embedding.SourcePath,
                    "changes the head too in MLX, but not in PEFT, if the base ties them; "
                    + $"{(run.Base is null ? "no base was given" : $"its config.json has no {TyingField}")}"));
        }

        foreach (AdapterModule head in adapter.Modules.Where(module => module.Path.Text == DefaultHead && tied == true))
        {
            run.Log.Add(ArchitectureCodes.TiedHead.At(head.SourcePath, "is the embedding, by the base's config.json, and no module of its own in MLX"));
        }

        return adapter;
    }

    private static AdapterModule Mirror(AdapterModule embedding, string path) => embedding with
    {
        SourcePath = path,
        Path = ModulePath.Parse(path),
        Kind = ModuleKind.Linear,
        A = embedding.B.Transpose(),
        B = embedding.A.Transpose(),
    };

    /// <summary>Whether the head's pair is the embedding's the other way round, as <c>ensure_weight_tying</c> saves it.</summary>
    public static bool IsMirror(AdapterModule embedding, AdapterModule head, CancellationToken cancellationToken)
    {
        AdapterModule mirror = Mirror(embedding, head.Path.Text);
        return (float)embedding.Scale == (float)head.Scale
            && TensorProbe.BytesEqual(mirror.A, head.A, cancellationToken) && TensorProbe.BytesEqual(mirror.B, head.B, cancellationToken);
    }

    private static string HeadPath(Architecture architecture, HfLayout layout)
    {
        GlobalModule? head = architecture.Globals.FirstOrDefault(global => global.Role == ModuleRole.Head);
        return head is null ? DefaultHead : (layout == HfLayout.Transformers5 ? head.Transformers5 : head.Transformers4).Path;
    }

    private static AdapterModule? Find(Adapter adapter, Architecture architecture, ModuleRole role) => adapter.Modules.FirstOrDefault(module =>
        !module.Path.IsInLayer
        && architecture.Globals.Any(global => global.Role == role && global.HuggingFace.Any(pattern => pattern.TryMatch(module.Path.Text, out _))));
}
