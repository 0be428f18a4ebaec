using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Fit.Targets;

/// <summary>Refuses what the target cannot hold: kinds of modules, DoRA, and tensors that are not low-rank factors.</summary>
internal static class TargetKinds
{
    /// <summary>The modules that the target holds; each other is named in a finding.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="profile">The target.</param>
    /// <param name="crosses">
    /// Whether the adapter comes from another dialect. DoRA on embeddings means another thing in each: PEFT norms the dimensions, MLX the tokens.
    /// </param>
    /// <param name="log">Receives findings.</param>
    public static ImmutableArray<AdapterModule> Apply(ImmutableArray<AdapterModule> modules, TargetProfile profile, bool crosses, FindingLog log)
    {
        ImmutableArray<AdapterModule> held = [.. modules.Where(HoldsKind)];
        foreach (AdapterModule dora in held.Where(module => module.Magnitude is not null && !KnowsDora(module, profile, crosses)))
        {
            log.Add(TargetCodes.DoraUnsupported.At(
                dora.SourcePath, $"{profile.Name} has no DoRA for {Describe(dora.Kind)}{(crosses ? " of the same meaning" : string.Empty)}"));
        }

        RefuseMixedDora(held, profile, crosses, log);
        return held;

        bool HoldsKind(AdapterModule module)
        {
            if (!profile.Kinds.Contains(module.Kind))
            {
                log.Add(TargetCodes.KindUnsupported.At(module.SourcePath, $"{profile.Name} cannot adapt {Describe(module.Kind)}"));
                return false;
            }

            if (!module.Path.IsInLayer && profile.KeyForms == KeyForms.Relative)
            {
                log.Add(TargetCodes.OutsideLayers.At(module.SourcePath, $"{profile.Name} reaches modules by paths below a layer only"));
                return false;
            }

            return true;
        }
    }

    /// <summary>Names the modules without magnitudes that the target would make DoRA because others have one.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="profile">The target.</param>
    /// <param name="crosses">Whether the adapter comes from another dialect.</param>
    /// <param name="log">Receives findings.</param>
    public static void RefuseMixedDora(ImmutableArray<AdapterModule> modules, TargetProfile profile, bool crosses, FindingLog log)
    {
        if (modules.All(module => module.Magnitude is null))
        {
            return;
        }

        foreach (AdapterModule plain in modules.Where(module => module.Magnitude is null && (KnowsDora(module, profile, crosses) || !profile.AllowsMixedDora)))
        {
            log.Add(TargetCodes.DoraMixed.At(plain.SourcePath, "has no magnitude, and other modules have one"));
        }
    }

    /// <summary>Names the tensors that MLX has no slot for.</summary>
    public static void RefuseOtherTensors(ImmutableArray<OtherTensor> tensors, TargetProfile profile, FindingLog log)
    {
        foreach (OtherTensor tensor in tensors)
        {
            if (CodeFor(tensor.Kind) is { } code)
            {
                log.Add(code.At(
                    tensor.SourceName, $"{tensor.Tensor.DType.SafetensorsName()} {tensor.Tensor.Shape}; {profile.Name} has no place for it{Remedy(code)}"));
            }
        }
    }

    private static bool KnowsDora(AdapterModule module, TargetProfile profile, bool crosses) =>
        profile.DoraKinds.Contains(module.Kind) && !(crosses && module.Kind == ModuleKind.Embedding);

    // What no program knows, merging does not keep either.
    private static string Remedy(FindingCode code) => !code.CanBeAllowed ? string.Empty
        : code == TensorCodes.UnknownTensor ? $", and no loader reads a tensor of this name; --allow {code.Id} drops it"
        : $"; merging (transfuse fuse, or merge_and_unload in PEFT) keeps it, --allow {code.Id} drops it";

    private static FindingCode? CodeFor(OtherTensorKind kind) => kind switch
    {
        OtherTensorKind.WholeModule => TensorCodes.WholeModule,
        OtherTensorKind.BaseBias => TensorCodes.BaseBias,
        OtherTensorKind.LoraBias => TensorCodes.LoraBias,
        OtherTensorKind.SavedEmbedding => TensorCodes.SavedEmbedding,
        OtherTensorKind.TokenRows => TensorCodes.TokenRows,
        OtherTensorKind.TrainingState => TensorCodes.TrainingState,
        OtherTensorKind.MethodParameter => TargetCodes.MethodUnsupported,
        _ => TensorCodes.UnknownTensor,
    };

    private static string Describe(ModuleKind kind) => kind switch
    {
        ModuleKind.Linear => "Linear layers",
        ModuleKind.Embedding => "embeddings",
        ModuleKind.Experts => "stacked experts",
        ModuleKind.Convolution => "convolutions",
        _ => "packed parameters",
    };
}
