using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Readers.Unsloth;

/// <summary>
/// Unsloth compares the quantization of the base that it loads with what the config says of it (unsloth-zoo 2026.8, <c>_validate_mlx_adapter_base</c>).
/// </summary>
internal static class UnslothBaseRules
{
    public static void Check(CheckContext context, JsonObject config)
    {
        if (context.BaseConfig is not { } baseConfig || IsReplayed(config) || config["base_quantization_config"] is not JsonObject stated)
        {
            return;
        }

        MlxQuantization? expected = MlxQuantization.Read(stated);
        MlxQuantization? live = baseConfig.Quantization;
        bool hasMap = PythonNumbers.IsTrue(config["base_resolved_quantization_map"]) || PythonNumbers.IsTrue(config["base_quantization_map"]);
        if (expected is null || (live is null && hasMap))
        {
            return;
        }

        if (live is null || (live.Bits, live.GroupSize, live.Mode) != (expected.Bits, expected.GroupSize, expected.Mode))
        {
            context.Report(
                CheckCodes.BaseMismatch,
                "base_quantization_config",
                $"ValueError: the adapter was saved with a base of {Describe(expected)}, but this base has "
                + $"{(live is null ? "no quantization" : Describe(live))}");
        }
    }

    // Then Unsloth quantizes the base itself, as the config says.
    private static bool IsReplayed(JsonObject config) =>
        config[MlxConfigView.RuntimeQuantization] is { } required and not JsonNull ? PythonNumbers.IsTrue(required)
        : config["base_quantized_source"] is JsonString source ? source.Value == "runtime"
        : config["base_quantization_policy"] is JsonObject policy && PythonNumbers.IsTrue(policy["enabled"]);

    private static string Describe(MlxQuantization quantization) => $"{quantization.Bits} bits in groups of {quantization.GroupSize}, {quantization.Mode}";
}
