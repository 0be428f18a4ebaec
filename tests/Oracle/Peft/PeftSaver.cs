using System.Text.Json;
using System.Text.Json.Nodes;

namespace Transfuse.Oracle;

/// <summary>
/// What PEFT 0.21 under transformers 5 saves of an adapter that was trained with a config: the config as it stands after injection
/// (<c>all-linear</c> written out, experts and routers moved to target_parameters), and the tensors of every adapter that it created, here with random values.
/// </summary>
public static class PeftSaver
{
    private const string Prefix = "base_model.model.";

    /// <summary>The saved config and tensors, or <see langword="null"/> where PEFT refuses the config on this model.</summary>
    public static (JsonElement Config, List<OracleTensor> Tensors)? Save(JsonElement config, HfBase hfBase, Random random)
    {
        try
        {
            return Create(config, hfBase, random);
        }
        catch (ReaderException)
        {
            return null;
        }
    }

    private static (JsonElement Config, List<OracleTensor> Tensors) Create(JsonElement config, HfBase hfBase, Random random)
    {
        bool isMixture = PeftMoeConversion.Applies(hfBase.ModelType);
        bool isAll = config.GetText("target_modules") == "all-linear";
        JsonElement expanded = PeftLoader.ExpandAllLinear(config, hfBase);
        if (isAll && isMixture)
        {
            JsonObject wide = JsonNode.Parse(expanded.GetRawText())!.AsObject();
            foreach (string name in PeftMoeConversion.Names(hfBase.ModelType).Keys)
            {
                wide["target_modules"]!.AsArray().Add(name);
            }

            expanded = OracleJson.Parse(wide.ToJsonString());
        }

        if (isMixture && !isAll && expanded.GetText("target_modules") is not null)
        {
            // A pattern is resolved to the last names of what it matches, for only these can be moved.
            JsonObject listed = JsonNode.Parse(expanded.GetRawText())!.AsObject();
            listed["target_modules"] = new JsonArray(
                [.. hfBase.Parameters.Select(parameter => parameter.Module).Where(module => PeftPattern.Targets(expanded, module))
                .Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct().Select(leaf => (JsonNode)leaf)]);
            expanded = OracleJson.Parse(listed.ToJsonString());
        }

        JsonElement saved = isMixture ? PeftMoeConversion.ConvertConfig(expanded, hfBase) : expanded;
        List<OracleTensor> tensors = [];
        foreach (PeftSlot slot in PeftInjection.Create(saved, hfBase))
        {
            foreach ((string name, long[] shape) in slot.Shapes(hfBase.ExpertsTransposed, saved.GetFlag("use_dora"), loraBias: false))
            {
                DenseArray values = DenseArray.Zeros(shape);
                for (int i = 0; i < values.Values.Length; i++)
                {
                    values.Values[i] = (float)((random.NextDouble() - 0.5) / 4) + (name.EndsWith("magnitude_vector", StringComparison.Ordinal) ? 1 : 0);
                }

                tensors.Add(OracleTensor.F32(Prefix + name, values));
            }

            if (slot.Key is "lm_head" && (saved.GetStrings("target_modules") ?? []).Contains("lm_head"))
            {
                tensors.AddRange(hfBase.Weights.Where(weight => weight.Key is "lm_head.weight" or "lm_head.bias")
                    .Select(weight => OracleTensor.F32($"{Prefix}lm_head.base_layer.{weight.Key["lm_head.".Length..]}", weight.Value)));
            }
        }

        return (saved, tensors);
    }
}
