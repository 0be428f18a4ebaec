using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Adapters as other programs keep them for themselves, told by their tensors' names. They are no dialect of either side: names, and rows of attention, are
/// those of the program.
/// </summary>
internal static partial class ForeignForm
{
    /// <summary>Whose form the tensors are, and the way out; <see langword="null"/> where they are of no known one.</summary>
    public static string? Of(ImmutableArray<NamedTensor> tensors)
    {
        foreach (string name in tensors.Select(tensor => tensor.Name))
        {
            if (!IsPeft(name) && Describe(name) is { } form)
            {
                return $"holds {name}, {form}";
            }
        }

        return null;
    }

    /// <summary>Whether a tensor's name is one of a known form.</summary>
    public static bool Has(string name) => Describe(name) is not null;

    // Factors as PEFT names them, of which a file may have tens of thousands, match no form.
    private static bool IsPeft(string name) => name.StartsWith("base_model.model.", StringComparison.Ordinal)
        && (name.EndsWith(".lora_A.weight", StringComparison.Ordinal) || name.EndsWith(".lora_B.weight", StringComparison.Ordinal));

    private static string? Describe(string name) =>
        Torchtune().IsMatch(name)
            ? "as torchtune names its own adapters, whose rows of q_proj and k_proj are in Meta's order; its HF checkpointer writes PEFT's form beside it "
            + "(adapter_model, adapter_config.json)"
        : MistralFinetune().IsMatch(name)
            ? "as mistral-finetune names its adapters, whose rows of wq and wk are in Mistral's own order; merge it with its utils.merge_lora, or train with a "
            + "program that writes PEFT's form"
        : LitGpt().IsMatch(name)
            ? "as LitGPT names its adapters, with query, key and value in one matrix; merge it with litgpt merge_lora and convert the model with litgpt "
            + "convert_from_litgpt"
        : Kohya().IsMatch(name) ? "as sd-scripts (kohya) names adapters, mostly of image models; convert it to PEFT's form with the program that uses it"
        : Diffusers().IsMatch(name) ? "as diffusers named its adapters of image models before it wrote PEFT's form"
        : null;

    // Only bounded repetitions: backtracking takes linear time too, and its code is made when this is compiled, where an automaton is built at each start of
    // the command.
    // MLX's old form of factors that are layers ends alike, under MLX's own names of modules.
    [GeneratedRegex(@"(\A|\.)layers\.[0-9]{1,9}\.(attn\.(q_proj|k_proj|v_proj|output_proj)|mlp\.w[123])\.lora_[ab]\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex Torchtune();

    [GeneratedRegex(
        @"\Alayers\.[0-9]{1,9}\.(attention\.w[qkvo]|feed_forward\.(experts\.[0-9]{1,9}\.)?w[123])\.lora_[AB]\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex MistralFinetune();

    [GeneratedRegex(@"\Atransformer\.h\.[0-9]{1,9}\.(attn\.(attn|qkv|proj)|mlp\.(fc|fc_1|fc_2|proj))\.lora_[AB]\z", RegexOptions.CultureInvariant)]
    private static partial Regex LitGpt();

    [GeneratedRegex(@"\.lora_(down|up)\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex Kohya();

    [GeneratedRegex(@"[._]lora(_linear_layer)?\.(down|up)\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex Diffusers();
}
