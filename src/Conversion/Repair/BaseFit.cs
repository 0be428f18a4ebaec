using System.Collections.Immutable;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit.BaseChecks;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair;

/// <summary>Compares an adapter with the base that was given, as a conversion does: layers that the base does not have, and weights of another size.</summary>
internal static class BaseFit
{
    private const string VlmRoot = "language_model.";

    private static readonly FindingCode[] OfTheBase =
        [ArchitectureCodes.LayerOutOfRange, ArchitectureCodes.DimensionMismatch, ArchitectureCodes.ExpertMismatch];

    /// <summary>Compares the modules, whichever layout they have.</summary>
    public static void Check(Adapter adapter, Run run)
    {
        if (adapter.Layout == ModelLayout.Mlx)
        {
            CheckMlx(adapter.Modules, run);
        }
        else
        {
            CheckHuggingFace(adapter, run);
        }
    }

    private static void CheckMlx(ImmutableArray<AdapterModule> modules, Run run)
    {
        // mlx-vlm holds a language model below another root; a base that is the language model alone still tells its layers and sizes.
        bool isTextBase = run.Base?.Config.Architecture?.Layers.Mlx.StartsWith(VlmRoot, StringComparison.Ordinal) == false;
        _ = CheckAgainstBase.CheckKept(isTextBase ? [.. modules.Select(WithoutRoot)] : modules, run);
    }

    // What else stands against a conversion is no matter of a repair.
    private static void CheckHuggingFace(Adapter adapter, Run run)
    {
        if (run.Base is null || adapter.Modules.IsEmpty || run.Log.HasErrors)
        {
            return;
        }

        LiveNames.Check(adapter, run);
        run.Log.AddRange(run.Judge(quiet => MapLayout.InMlx(adapter, quiet)).Findings.Where(finding => OfTheBase.Contains(finding.Code)));
    }

    private static AdapterModule WithoutRoot(AdapterModule module) => module.Path.Text.StartsWith(VlmRoot, StringComparison.Ordinal)
        ? module with { Path = ModulePath.Parse(module.Path.Text[VlmRoot.Length..]) }
        : module;
}
