using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>
/// Weights (or their changes) of the fixture architectures between the names of Hugging Face and of mlx-lm, written by hand.
/// Hugging Face names are parameter paths, of transformers 5 or of the older form with one Linear per expert; MLX names are module paths.
/// Vectors (DoRA magnitudes, norms) are renamed only.
/// </summary>
public sealed class HubMapping(string modelType, long experts)
{
    private static readonly Regex PerExpert = new(@"^(.*)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$");
    private static readonly Regex Packed = new(@"^(.*)\.experts\.(gate_up_proj|down_proj)$");

    private bool HasExperts => modelType is "mixtral" or "qwen3_moe" or "olmoe" or "deepseek_v3" or "gpt_oss";

    /// <summary>A mapping for a base in tests/fixtures/bases.</summary>
    public static HubMapping Fixture(string architecture)
    {
        HfBase hf = HfBase.Fixture(architecture);
        return new HubMapping(hf.ModelType, hf.Experts);
    }

    /// <summary>From Hugging Face parameters to MLX modules: (out, in), (E, out, in), or (V, d) of an embedding.</summary>
    public HubResult ToMlx(IReadOnlyDictionary<string, DenseArray> parameters)
    {
        Dictionary<string, DenseArray> modules = new(StringComparer.Ordinal);
        List<string> unmapped = [];
        foreach ((string path, DenseArray array) in parameters)
        {
            Match one = PerExpert.Match(path);
            Match packed = Packed.Match(path);
            if (HasExperts && one.Success)
            {
                string target = $"{SwitchModule(one.Groups[1].Value)}.{HfRuntimeLayout.Role(one.Groups[3].Value)}_proj";
                if (!modules.TryGetValue(target, out DenseArray? stack))
                {
                    modules[target] = stack = DenseArray.Zeros([experts, .. array.Shape]);
                }

                array.Values.CopyTo(stack.Values, int.Parse(one.Groups[2].Value) * array.Values.Length);
            }
            else if (HasExperts && packed.Success)
            {
                // gpt-oss keeps (E, in, out); the others (E, out, in), as MLX does.
                DenseArray rows = modelType == "gpt_oss" ? Dense.Transpose(array) : array;
                string block = SwitchModule(packed.Groups[1].Value);
                if (packed.Groups[2].Value == "down_proj")
                {
                    modules[block + ".down_proj"] = rows;
                }
                else
                {
                    long half = rows.Shape[1] / 2;
                    bool interleaved = modelType == "gpt_oss";
                    modules[block + ".gate_proj"] = interleaved ? Dense.Rows(rows, 0, 2, half) : Dense.Rows(rows, 0, 1, half);
                    modules[block + ".up_proj"] = interleaved ? Dense.Rows(rows, 1, 2, half) : Dense.Rows(rows, half, 1, half);
                }
            }
            else if (!path.EndsWith(".weight", StringComparison.Ordinal) || path.EndsWith(".kv_b_proj.weight", StringComparison.Ordinal))
            {
                unmapped.Add(path);
            }
            else
            {
                string module = path[..^".weight".Length];
                modules[ModuleToMlx(module)] = IsConv1D(module) && array.Rank == 2 ? Dense.Transpose(array) : array;
            }
        }

        return new HubResult(modules, unmapped);
    }

    /// <summary>
    /// From MLX modules to Hugging Face parameters: packed experts of transformers 5, or one Linear per expert. A missing gate or up becomes zeros.
    /// </summary>
    public HubResult ToHf(IReadOnlyDictionary<string, DenseArray> modules, bool perExpert = false)
    {
        Dictionary<string, DenseArray> parameters = new(StringComparer.Ordinal);
        List<string> unmapped = [];
        foreach ((string module, DenseArray array) in modules)
        {
            string leaf = module[(module.LastIndexOf('.') + 1)..];
            if (leaf is "embed_q" or "unembed_out")
            {
                unmapped.Add(module);
            }
            else if (array.Rank != 3)
            {
                string hf = ModuleToHf(module, perExpert);
                parameters[hf + ".weight"] = IsConv1D(hf) && array.Rank == 2 ? Dense.Transpose(array) : array;
            }
            else if (perExpert && modelType != "gpt_oss")
            {
                string block = ExpertsModule(module[..module.LastIndexOf('.')], perExpert: true);
                for (int e = 0; e < array.Shape[0]; e++)
                {
                    parameters[$"{block}.{e}.{PerExpertLeaf(leaf)}.weight"] = Dense.Expert(array, e);
                }
            }
            else
            {
                SetPacked(parameters, ExpertsModule(module[..module.LastIndexOf('.')], perExpert: false), leaf, array);
            }
        }

        return new HubResult(parameters, unmapped);
    }

    private void SetPacked(Dictionary<string, DenseArray> parameters, string block, string leaf, DenseArray array)
    {
        bool transposed = modelType == "gpt_oss";
        if (leaf == "down_proj")
        {
            parameters[block + ".down_proj"] = transposed ? Dense.Transpose(array) : array;
            return;
        }

        string name = block + ".gate_up_proj";
        long half = array.Shape[1];
        DenseArray rows = parameters.TryGetValue(name, out DenseArray? begun)
            ? (transposed ? Dense.Transpose(begun) : begun)
            : DenseArray.Zeros(array.Shape[0], 2 * half, array.Shape[2]);
        bool up = leaf == "up_proj";
        Dense.SetRows(rows, array, modelType == "gpt_oss" ? (up ? 1 : 0) : (up ? half : 0), modelType == "gpt_oss" ? 2 : 1);
        parameters[name] = transposed ? Dense.Transpose(rows) : rows;
    }

    private string ModuleToMlx(string module) => modelType switch
    {
        "gpt2" => "model." + module["transformer.".Length..],
        "mixtral" => module.EndsWith(".mlp.gate", StringComparison.Ordinal) ? module.Replace(".mlp.", ".block_sparse_moe.", StringComparison.Ordinal) : module,
        _ => module,
    };

    private string ModuleToHf(string module, bool perExpert) => modelType switch
    {
        "gpt2" => "transformer." + module["model.".Length..],
        "mixtral" => perExpert ? module : module.Replace(".block_sparse_moe.", ".mlp.", StringComparison.Ordinal),
        _ => module,
    };

    private string SwitchModule(string block) => modelType switch
    {
        "mixtral" => block.Replace(".mlp", ".block_sparse_moe", StringComparison.Ordinal) + ".switch_mlp",
        "gpt_oss" => block + ".experts",
        _ => block + ".switch_mlp",
    };

    private string ExpertsModule(string switchModule, bool perExpert)
    {
        string experts = switchModule.Replace(".switch_mlp", ".experts", StringComparison.Ordinal);
        return modelType == "mixtral" && !perExpert ? experts.Replace(".block_sparse_moe", ".mlp", StringComparison.Ordinal) : experts;
    }

    private string PerExpertLeaf(string leaf) => modelType != "mixtral" ? leaf : leaf switch
    {
        "gate_proj" => "w1",
        "up_proj" => "w3",
        _ => "w2",
    };

    private bool IsConv1D(string module) =>
        modelType == "gpt2" && module[(module.LastIndexOf('.') + 1)..] is "c_attn" or "c_proj" or "c_fc";
}
