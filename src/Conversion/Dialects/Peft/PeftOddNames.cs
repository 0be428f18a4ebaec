using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Collects the tensor names that PEFT would not write, and reports them: one finding for each way in which they are odd.</summary>
internal sealed class PeftOddNames
{
    private static readonly (PeftNameOddities Kind, string Text)[] Texts =
    [
        (PeftNameOddities.Wrapper, "a wrapper's infix (torch.compile, FSDP, checkpointing or DDP) is in the name"),
        (PeftNameOddities.NoPrefix, "the prefix base_model.model. is missing, so that PEFT would load nothing"),
        (PeftNameOddities.DoubledPrefix, "the prefix base_model.model. is there twice"),
        (PeftNameOddities.AdapterName, "the adapter's own name is in the name"),
        (PeftNameOddities.NoWeight, "the name lacks .weight, so that PEFT would not load it"),
    ];

    private readonly Dictionary<PeftNameOddities, List<string>> _names = [];

    public void Add(string name, PeftNameOddities oddities)
    {
        if (oddities == PeftNameOddities.None)
        {
            return;
        }

        if (!_names.TryGetValue(oddities, out List<string>? names))
        {
            _names.Add(oddities, names = []);
        }

        names.Add(name);
    }

    public void Report(FindingLog log)
    {
        foreach ((PeftNameOddities oddities, List<string> names) in _names)
        {
            log.Add(TensorCodes.OddNames.At(names, string.Join("; ", Texts.Where(text => oddities.HasFlag(text.Kind)).Select(text => text.Text))));
        }
    }
}
