using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>Packed experts: their rows must be experts x rank, for the same number of experts everywhere.</summary>
internal static class ExpertsCheck
{
    public static void Apply(Adapter adapter, long? experts, FindingLog log)
    {
        foreach (AdapterModule module in adapter.Modules.Where(module => module.Parameter is null && PeftParameterTargets.IsExperts(module.Path.Text)))
        {
            log.Add(TensorCodes.ParametersUnclear.At(module.SourcePath, "has factors of packed experts, but target_parameters names none of its parameters"));
        }

        AdapterModule[] packed = [.. adapter.Modules.Where(module => module.Kind == ModuleKind.PackedParameter)];
        if (adapter.WriterVersion is null && packed.FirstOrDefault(module => module.A.Shape[1] == module.B.Shape[0]) is { } square)
        {
            log.Add(ConfigCodes.VersionMissing.At(
                "peft_version",
                $"does not tell, and {square.FullPath} is square: PEFT 0.19.1 and later take lora_A for the input, before it was the other way round for most "
                + "models"));
        }

        long[] counts = [.. packed.Where(module => module.A.Shape[0] % module.Rank == 0).Select(module => module.A.Shape[0] / module.Rank).Distinct()];
        AdapterModule? odd =
            packed.FirstOrDefault(module => module.A.Shape[0] % module.Rank != 0 || (experts is { } total && module.A.Shape[0] != total * module.Rank));
        if (odd is not null)
        {
            string expected = experts is { } known ? $", which is not {known} experts x the rank" : ", which the rank does not divide";
            log.Add(ConfigCodes.RankUnknown.At("r", $"gives {odd.FullPath} the rank {odd.Rank}, but lora_A has {odd.A.Shape[0]} rows{expected}"));
        }
        else if (counts.Length > 1)
        {
            log.Add(ConfigCodes.RankUnknown.At(
                "r", $"or rank_pattern give experts ranks by which there would be {string.Join(" or ", counts.Order().Take(4))} experts"));
        }
    }
}
