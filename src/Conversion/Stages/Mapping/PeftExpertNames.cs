namespace Transfuse.Conversion.Stages.Mapping;

/// <summary>Leaf names that PEFT 0.21 takes for experts or routers of a mixture model, wherever they stand, when transformers 5 loads the adapter.</summary>
internal static class PeftExpertNames
{
    private static readonly string[] Mixtral = ["gate", "w1", "w2", "w3"];
    private static readonly string[] Qwen2Moe = ["gate", "gate_proj", "up_proj", "down_proj"];

    /// <summary>Whether a leaf is one of them.</summary>
    /// <param name="conversion">PEFT's conversion for the model type, or <see langword="null"/> for none.</param>
    /// <param name="leaf">The last segment of a module's path.</param>
    public static bool Contains(string? conversion, string leaf) => conversion switch
    {
        "mixtral" => Mixtral.Contains(leaf),
        "qwen2_moe" => Qwen2Moe.Contains(leaf),
        _ => false,
    };
}
