using System.Collections.Frozen;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>
/// Last names of modules that PEFT 0.21 takes for experts or routers of a mixture model, wherever they stand, when transformers 5 loads the adapter
/// (<c>_convert_peft_config_moe</c>), and the packed parameters that they become.
/// </summary>
internal static class PeftMixtureNames
{
    /// <summary>The parameter that gate and up share.</summary>
    public const string GateUp = "gate_up_proj";

    private static readonly FrozenDictionary<string, string> Mixtral = new Dictionary<string, string>
    {
        ["gate"] = "gate.weight", ["w1"] = GateUp, ["w3"] = GateUp, ["w2"] = "down_proj",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Qwen2Moe = new Dictionary<string, string>
    {
        ["gate"] = "gate.weight", ["gate_proj"] = GateUp, ["up_proj"] = GateUp, ["down_proj"] = "down_proj",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Parameters by the last names of modules; empty where PEFT converts nothing.</summary>
    /// <param name="conversion">PEFT's conversion for the model type (<see cref="Architecture.PeftConversion"/>), or <see langword="null"/> for none.</param>
    public static FrozenDictionary<string, string> Of(string? conversion) => conversion switch
    {
        "mixtral" => Mixtral,
        "qwen2_moe" => Qwen2Moe,
        _ => FrozenDictionary<string, string>.Empty,
    };
}
