using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxVlm;

/// <summary>
/// mlx-vlm 0.6.15's way with configs of mlx-vlm up to 0.5: a rank at the top and nothing else; factors are called <c>A</c> and <c>B</c>, every linear layer of
/// the language model but the head is wrapped.
/// </summary>
internal static class MlxVlmLegacyRules
{
    public static void Check(CheckContext context, JsonObject config, ITensorContainer raw, Func<Architecture, IEnumerable<string?>> roots)
    {
        MlxTensors tensors = MlxTensors.Of(raw.Tensors, "A", "B");
        ModelOutline model = MlxOutlines.For(context, tensors, roots);
        if (!CheckNumbers(context, config))
        {
            return;
        }

        context.Report(CheckCodes.NotJudged, "alpha",
            "the factors are multiplied by alpha / rank, as mlx-vlm 0.5 did; mlx-vlm up to 0.4.4 multiplied by alpha, and the folder does not say which of "
            + "them wrote it");
        foreach (MlxPair pair in tensors.Pairs)
        {
            ModelSlot place = model.Find(pair.Path);
            if (!place.IsLinear || pair.Path.EndsWith("lm_head", StringComparison.Ordinal))
            {
                context.Report(
                    CheckCodes.TensorIgnored, pair.Path, "A and B: dropped, because only linear layers of the language model are wrapped, without the head");
                continue;
            }

            MlxFactorRules.CheckWhole(context, pair, isDora: false, "A", "B");
            MlxFactorRules.CheckUnchecked(context, pair, place);
        }

        foreach (NamedTensor other in tensors.Others)
        {
            bool isCurrent = other.Name.EndsWith(".lora_a", StringComparison.Ordinal) || other.Name.EndsWith(".lora_b", StringComparison.Ordinal);
            if (isCurrent)
            {
                context.Report(CheckCodes.TensorIgnored, other.Name, "is dropped: without lora_parameters in the config factors are called A and B");
            }
            else
            {
                LooseTensorRules.CheckOther(context, other.Name, model);
            }
        }
    }

    private static bool CheckNumbers(CheckContext context, JsonObject config)
    {
        bool rank = PythonNumbers.Integer(config["rank"]) is > 0;
        bool alpha = !config.Contains("alpha") || PythonNumbers.Number(config["alpha"]) is not null;
        bool dropout = !config.Contains("dropout") || PythonNumbers.IsDropout(config["dropout"]);
        foreach ((string name, bool ok) in new[] { ("rank", rank), ("alpha", alpha), ("dropout", dropout) })
        {
            if (!ok)
            {
                context.Report(CheckCodes.FieldRefused, name, $"TypeError or ValueError: is {config[name]!.Kind}");
            }
        }

        if (!config.Contains("alpha"))
        {
            context.Report(CheckCodes.DefaultTaken, "alpha", "is missing; 0.1 is taken");
        }

        if (PythonNumbers.Number(config["alpha"]) is { } numerator)
        {
            ScaleRange.Check(context, "alpha", numerator);
        }

        return rank && alpha && dropout;
    }
}
