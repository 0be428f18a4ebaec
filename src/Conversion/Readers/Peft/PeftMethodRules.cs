using System.Collections.Frozen;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>A config of another method over the factors of LoRA: PEFT 0.21 makes layers of that method, and the factors have no place in them.</summary>
internal static class PeftMethodRules
{
    // Methods whose layers or models cannot be made from a config of LoRA, or that ask for their own tensors by name.
    private static readonly FrozenSet<string> Raising = FrozenSet.Create(
        StringComparer.Ordinal, "ADALORA", "XLORA", "OFT", "VERA", "PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING", "MULTITASK_PROMPT_TUNING", "ADAPTION_PROMPT",
        "CPT");

    /// <summary>Reports a method that the file's tensors contradict.</summary>
    /// <returns>Whether they do.</returns>
    public static bool Refutes(CheckContext context, string method, ITensorContainer raw)
    {
        NamedTensor[] factors = [.. raw.Tensors.Where(tensor => IsFactor(tensor.Name))];
        bool isOwn = method == "ADALORA" && raw.Tensors.Any(tensor => tensor.Name.Contains(".lora_E", StringComparison.Ordinal));
        if (factors is [] || isOwn)
        {
            return false;
        }

        string message = $"the method is {method}, and the file has {factors.Length} factors of LoRA, such as {factors[0].Name}";
        if (Raising.Contains(method))
        {
            context.Report(CheckCodes.FieldRefused, "peft_type", $"ValueError, KeyError or TypeError: {message}");
        }
        else
        {
            context.Report(CheckCodes.TensorIgnored, "peft_type", $"unexpected keys are ignored: {message}");
        }

        return true;
    }

    private static bool IsFactor(string name) =>
        name.Split('.') is var segments && segments.Any(segment => segment is "lora_A" or "lora_B" or "lora_embedding_A" or "lora_embedding_B");
}
