using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>The tensors of a PEFT file, sorted by what PEFT takes them for, and those whose names it cannot match.</summary>
/// <param name="Modules">Modules with factors or a magnitude.</param>
/// <param name="Others">Tensors that are no factors; their path is the name without <c>base_model.model.</c>.</param>
/// <param name="Unmatched">Names that PEFT cannot match, and why.</param>
internal sealed record PeftFile(
    ImmutableArray<PeftModuleFactors> Modules, ImmutableArray<OtherTensor> Others, ImmutableArray<(string Name, string Why)> Unmatched)
{
    /// <summary>Sorts the tensors as PEFT 0.21's <c>set_peft_model_state_dict</c> matches them.</summary>
    /// <param name="raw">The tensors.</param>
    /// <param name="anyName">Whether names that PEFT cannot match are sorted too, by what they mean.</param>
    /// <param name="addsPrefix">
    /// Whether PEFT sets base_model.model. before factors without it, as it does for the model types whose weights transformers 5 converts.
    /// </param>
    public static PeftFile Of(ITensorContainer raw, bool anyName = false, bool addsPrefix = false)
    {
        var matched = ImmutableArray.CreateBuilder<NamedTensor>();
        var unmatched = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (NamedTensor tensor in raw.Tensors)
        {
            PeftNameOddities oddities = PeftTensorName.Parse(tensor.Name).Oddities;
            if (addsPrefix && tensor.Name.Contains(".lora_", StringComparison.Ordinal))
            {
                oddities &= ~PeftNameOddities.NoPrefix;
            }

            if (!anyName && Problem(tensor.Name, oddities) is { } why)
            {
                unmatched.Add((tensor.Name, why));
            }
            else
            {
                matched.Add(tensor);
            }
        }

        PeftTensors sorted = PeftTensorSorter.Sort(matched.ToImmutable()).Value;
        return new PeftFile(sorted.Modules, sorted.Others, unmatched.ToImmutable());
    }

    private static string? Problem(string name, PeftNameOddities oddities) =>
        oddities.HasFlag(PeftNameOddities.NoPrefix) ? "it does not begin with base_model.model."
        : oddities.HasFlag(PeftNameOddities.DoubledPrefix) ? "base_model.model. stands twice in it"
        : oddities.HasFlag(PeftNameOddities.Wrapper) ? "it has a prefix of torch.compile, FSDP or DDP"
        : oddities.HasFlag(PeftNameOddities.AdapterName) && !$"{name}.".Contains(".default.", StringComparison.Ordinal)
            ? "the name of an adapter was left in it, and adapters are loaded under the name default"
        : oddities.HasFlag(PeftNameOddities.NoWeight) ? "it does not end with .weight"
        : null;
}
