namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// A tensor name of a PEFT file, taken apart (PEFT 0.21, <c>get_peft_model_state_dict</c>; variants in the wild: adapter names left in,
/// prefixes of torch.compile, FSDP and DDP, prefixes missing or doubled).
/// </summary>
/// <param name="Module">
/// The module's path in the transformers model, without <c>base_model.model.</c> and without trailing <c>base_layer</c>; for a base parameter its whole name.
/// </param>
/// <param name="Attribute">What the tensor is to the module.</param>
/// <param name="Nesting">How many trailing <c>base_layer</c> segments the module had: which of several parameters of one module is meant.</param>
/// <param name="Canonical">The whole name as PEFT itself would write it.</param>
/// <param name="Oddities">What had to be put right.</param>
internal readonly record struct PeftTensorName(string Module, PeftAttribute Attribute, int Nesting, string Canonical, PeftNameOddities Oddities)
{
    public const string Prefix = "base_model.model.";
    private const string TailA = ".lora_A.weight", TailB = ".lora_B.weight";
    private const string ModelRoot = "model";
    private const string BaseLayer = "base_layer";
    private const string TokenAdapter = "token_adapter";
    private const string TokenRows = "trainable_tokens_delta";

    private static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    /// <summary>Takes a name apart.</summary>
    /// <param name="name">The name.</param>
    /// <param name="module">A module's path that is given again where the name's is the same; the other factor of a pair has it, and files have many.</param>
    public static PeftTensorName Parse(string name, string? module = null)
    {
        if (TryParsePlain(name, module, out PeftTensorName plain))
        {
            return plain;
        }

        List<string> segments = Unwrap(name, out PeftNameOddities oddities);
        return FromSegments(segments, oddities);
    }

    // Names of factors as PEFT writes them, of which a file may have tens of thousands: nothing of them is put right.
    private static bool TryParsePlain(string name, string? known, out PeftTensorName plain)
    {
        plain = default;
        bool isA = name.EndsWith(TailA, StringComparison.Ordinal);
        if ((!isA && !name.EndsWith(TailB, StringComparison.Ordinal)) || !name.StartsWith(Prefix, StringComparison.Ordinal) || name.Length <= Prefix.Length
            + TailA.Length)
        {
            return false;
        }

        ReadOnlySpan<char> module = name.AsSpan(Prefix.Length..^TailA.Length);
        if (module.StartsWith("module.") || module.StartsWith(Prefix) || module is "module" or "base_model.model"
            || module.Contains(BaseLayer, StringComparison.Ordinal)
            || HasWrapper(name))
        {
            return false;
        }

        string path = known is not null && module.SequenceEqual(known) ? known : module.ToString();
        plain = new PeftTensorName(path, isA ? PeftAttribute.LoraA : PeftAttribute.LoraB, 0, name, PeftNameOddities.None);
        return true;
    }

    private static bool HasWrapper(string name)
    {
        foreach (string wrapper in Wrappers)
        {
            if (name.Contains(wrapper, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The segments of a name without the prefix <c>base_model.model.</c> and without what wrappers add.</summary>
    public static List<string> Unwrap(string name, out PeftNameOddities oddities)
    {
        oddities = PeftNameOddities.None;
        List<string> segments = [.. name.Split('.')];
        RemoveWrapper(segments, ref oddities);
        if (segments.RemoveAll(segment => Wrappers.Contains(segment)) > 0)
        {
            oddities |= PeftNameOddities.Wrapper;
        }

        int prefixes = 0;
        while (segments is ["base_model", "model", _, ..])
        {
            segments.RemoveRange(0, 2);
            prefixes++;
        }

        if (prefixes == 0 && segments is [ModelRoot, ModelRoot, ..])
        {
            // Only base_model. was cut off: no model has this root of its own.
            segments.RemoveAt(0);
        }

        RemoveWrapper(segments, ref oddities);
        oddities |= prefixes switch { 0 => PeftNameOddities.NoPrefix, 1 => PeftNameOddities.None, _ => PeftNameOddities.DoubledPrefix };
        return segments;
    }

    // DistributedDataParallel and DataParallel, around the adapter's model or around the base.
    private static void RemoveWrapper(List<string> segments, ref PeftNameOddities oddities)
    {
        while (segments is ["module", _, ..])
        {
            segments.RemoveAt(0);
            oddities |= PeftNameOddities.Wrapper;
        }
    }

    private static PeftTensorName FromSegments(List<string> segments, PeftNameOddities oddities)
    {
        int at = segments.FindLastIndex(IsAttribute);
        if (at < 0)
        {
            return FromBaseParameter(segments, oddities);
        }

        at -= segments[at] == TokenRows && at > 0 && segments[at - 1] == TokenAdapter ? 1 : 0;
        string attribute = segments[at];
        List<string> rest = segments[(at + 1)..];
        PeftAttribute kind = Classify(attribute, rest, ref oddities);
        List<string> module = segments[..at];
        int nesting = 0;
        while (module is [.., BaseLayer])
        {
            module.RemoveAt(module.Count - 1);
            nesting++;
        }

        string path = string.Join('.', module);
        string tail = kind switch
        {
            PeftAttribute.LoraA or PeftAttribute.LoraB => attribute + ".weight",
            PeftAttribute.LoraBias => attribute + ".bias",
            PeftAttribute.UnknownLora or PeftAttribute.TrainingState => string.Join('.', segments[at..]),
            PeftAttribute.TokenRows => $"{TokenAdapter}.{TokenRows}",
            _ => attribute,
        };
        string canonical = Prefix + string.Join('.', segments[..at].Append(tail));
        return new PeftTensorName(path, kind, nesting, canonical, oddities);
    }

    private static PeftTensorName FromBaseParameter(List<string> segments, PeftNameOddities oddities)
    {
        // The infix that a live model has; PEFT strips it when it saves.
        int saved = segments.IndexOf("modules_to_save");
        if (saved > 0 && saved + 2 < segments.Count)
        {
            segments.RemoveRange(saved, 2);
            oddities |= PeftNameOddities.AdapterName;
        }

        string canonical = Prefix + string.Join('.', segments);
        if (segments is [.., BaseLayer, "weight" or "bias"])
        {
            PeftAttribute kind = segments[^1] == "weight" ? PeftAttribute.BaseWeight : PeftAttribute.BaseBias;
            return new PeftTensorName(string.Join('.', segments[..^2]), kind, 0, canonical, oddities);
        }

        return new PeftTensorName(string.Join('.', segments), PeftAttribute.BaseParameter, 0, canonical, oddities);
    }

    private static bool IsAttribute(string segment) =>
        segment.StartsWith("lora_", StringComparison.Ordinal) || segment is TokenAdapter or TokenRows;

    private static PeftAttribute Classify(string attribute, List<string> rest, ref PeftNameOddities oddities)
    {
        switch (attribute)
        {
            case "lora_A" or "lora_B":
                bool isA = attribute == "lora_A";
                if (rest is [_, "weight" or "bias"])
                {
                    rest.RemoveAt(0);
                    oddities |= PeftNameOddities.AdapterName;
                }

                if (rest is [not ("weight" or "bias")])
                {
                    rest.RemoveAt(0);
                    oddities |= PeftNameOddities.AdapterName;
                }

                oddities |= rest is [] ? PeftNameOddities.NoWeight : PeftNameOddities.None;
                return rest switch
                {
                    [] or ["weight"] => isA ? PeftAttribute.LoraA : PeftAttribute.LoraB,
                    ["bias"] when !isA => PeftAttribute.LoraBias,
                    _ => PeftAttribute.UnknownLora,
                };

            case "lora_embedding_A" or "lora_embedding_B" when rest.Count <= 1 || rest is [_, "weight"]:
                oddities |= rest.Count > 0 ? PeftNameOddities.AdapterName : PeftNameOddities.None;
                return attribute == "lora_embedding_A" ? PeftAttribute.EmbeddingA : PeftAttribute.EmbeddingB;

            case "lora_magnitude_vector" when rest.Count <= 2:
                oddities |= rest is [] or ["weight"] ? PeftNameOddities.None : PeftNameOddities.AdapterName;
                return PeftAttribute.Magnitude;

            case TokenAdapter or TokenRows:
                return PeftAttribute.TokenRows;

            case "lora_velora_embed" or "lora_monteclora_sampler":
                return PeftAttribute.TrainingState;

            default:
                return PeftAttribute.UnknownLora;
        }
    }
}
