using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>Ways in which the tensors of a folder are not what its reader takes, one at a time.</summary>
internal static class TensorDamage
{
    private const string Prefix = "base_model.model.";

    /// <summary>Every damage by name; each takes a copy and changes it, or gives false where it does not apply.</summary>
    public static IReadOnlyList<(string Name, Func<AdapterCopy, bool> Apply)> All { get; } =
    [
        ("unknown module foo.bar", copy => Add(copy, "foo.bar")),
        ("unknown module model.norm", copy => Add(copy, "model.norm")),
        ("unknown module outside layers", copy => Add(copy, "model.self_attn.q_proj")),
        ("layer -1", copy => Add(copy, "model.layers.-1.self_attn.q_proj")),
        ("layer beyond the base", copy => Add(copy, "model.layers.99.self_attn.q_proj")),
        ("unknown leaf", copy => Add(copy, "model.layers.0.self_attn.nope")),
        ("root language_model", copy => Rename(copy, name => Rooted(name, "language_model."))),
        ("root _orig_mod", copy => Rename(copy, name => "_orig_mod." + name)),
        ("root module", copy => Rename(copy, name => "module." + name)),
        ("doubled prefix", copy => Rename(copy, name => Prefix + name)),
        ("part before the prefix", copy => Rename(copy, name => "thinker." + name)),
        ("trainer before the prefix", copy => Rename(copy, name => "actor." + name)),
        ("first factor missing", copy => copy.Tensors.Remove(Factor(copy, 'a'))),
        ("second factor missing", copy => copy.Tensors.Remove(Factor(copy, 'b'))),
        ("magnitudes lost", copy => Remove(copy, IsMagnitude) > 0),
        ("one magnitude lost", copy => copy.Tensors.Keys.FirstOrDefault(IsMagnitude) is { } name && copy.Tensors.Remove(name)),
        ("magnitudes renamed", copy => Rename(copy, name => IsMagnitude(name) ? name[..name.LastIndexOf('.')] + ".magnitude" : name)),
        ("stray magnitude", StrayMagnitude),
        ("says DoRA", copy => SayDora(copy)),
        ("factor of shape (0)", copy => Empty(copy, Factor(copy, 'b'))),
        ("all factors of shape (0)", copy => copy.Tensors.Keys.ToArray().All(name => Empty(copy, name))),
        ("state of bitsandbytes", Quantized),
        ("original_module", copy => Put(copy, $"{PrefixOf(copy)}model.embed_tokens.original_module.weight", 112, 64)),
        ("grouped experts", copy => Put(copy, $"{PrefixOf(copy)}model.layers.0.mlp.experts.lora_gate_and_up_A", 4, 64, 8)),
        ("junk beside a factor", copy => Put(copy, $"{PrefixOf(copy)}{Module(copy)}.junk", 64)),
        ("a weight of the base", copy => Put(copy, $"{PrefixOf(copy)}model.layers.0.mlp.gate_proj.weight", 96, 64)),
        ("a norm of the base", copy => Put(copy, $"{PrefixOf(copy)}model.norm.weight", 64)),
        (
            "a layer without tensors",
            copy =>
                copy.Tensors.Keys.Any(name => name.Contains(".layers.2.", StringComparison.Ordinal))
                    && Remove(copy, name => name.Contains(".layers.1.", StringComparison.Ordinal)) > 0),
        ("a module turned around", Turn),
        ("the word lora cut out", copy => Rename(copy, name => name.Replace(".lora_", "_", StringComparison.Ordinal))),
        ("no tensors", copy => Remove(copy, _ => true) > 0),
    ];

    private static bool IsMlx(AdapterCopy copy) => copy.Tensors.Keys.All(name => !name.StartsWith(Prefix, StringComparison.Ordinal));

    private static string PrefixOf(AdapterCopy copy) => IsMlx(copy) ? string.Empty : Prefix;

    private static bool IsMagnitude(string name) =>
        name.EndsWith(".m", StringComparison.Ordinal) || name.EndsWith(".lora_magnitude_vector", StringComparison.Ordinal);

    private static string Factor(AdapterCopy copy, char which) =>
        copy.Tensors.Keys.Order(StringComparer.Ordinal).First(
            name => name.Contains($".lora_{which}", StringComparison.OrdinalIgnoreCase) && !name.Contains("embed", StringComparison.Ordinal));

    private static string Module(AdapterCopy copy)
    {
        string factor = Factor(copy, 'a')[PrefixOf(copy).Length..];
        return factor[..factor.IndexOf(".lora_", StringComparison.Ordinal)];
    }

    private static bool Add(AdapterCopy copy, string module)
    {
        string known = PrefixOf(copy) + Module(copy) + ".";
        foreach (OracleTensor tensor
            in copy.Tensors.Values.Where(tensor => tensor.Name.StartsWith(known + "lora_", StringComparison.Ordinal) || tensor.Name == known + "m").ToArray())
        {
            string name = $"{PrefixOf(copy)}{module}.{tensor.Name[known.Length..]}";
            copy.Tensors[name] = tensor with { Name = name };
        }

        return true;
    }

    private static string Rooted(string name, string root) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) ? Prefix + root + name[Prefix.Length..] : root + name;

    private static bool Rename(AdapterCopy copy, Func<string, string> rename)
    {
        OracleTensor[] tensors = [.. copy.Tensors.Values];
        copy.Tensors.Clear();
        foreach (OracleTensor tensor in tensors)
        {
            string name = rename(tensor.Name);
            copy.Tensors[name] = tensor with { Name = name };
        }

        return tensors.Any(tensor => !copy.Tensors.ContainsKey(tensor.Name));
    }

    private static int Remove(AdapterCopy copy, Func<string, bool> isMeant)
    {
        string[] names = [.. copy.Tensors.Keys.Where(isMeant)];
        foreach (string name in names)
        {
            copy.Tensors.Remove(name);
        }

        return names.Length;
    }

    private static bool Put(AdapterCopy copy, string name, params long[] shape)
    {
        copy.Put(name, DenseArray.Zeros(shape));
        return true;
    }

    private static bool Empty(AdapterCopy copy, string name)
    {
        copy.Tensors[name] = new OracleTensor(name, "F32", [0], [], []);
        return true;
    }

    private static bool StrayMagnitude(AdapterCopy copy)
    {
        if (copy.Tensors.Keys.Any(IsMagnitude))
        {
            return false;
        }

        OracleTensor b = copy.Tensors[Factor(copy, 'b')];
        return b.Shape.Length == 2
            && Put(copy, $"{PrefixOf(copy)}{Module(copy)}.{(IsMlx(copy) ? "m" : "lora_magnitude_vector")}", IsMlx(copy) ? b.Shape[1] : b.Shape[0]);
    }

    private static bool SayDora(AdapterCopy copy)
    {
        copy.Set(IsMlx(copy) ? "fine_tune_type" : "use_dora", IsMlx(copy) ? "\"dora\"" : "true");
        return !copy.Tensors.Keys.Any(IsMagnitude);
    }

    private static bool Quantized(AdapterCopy copy)
    {
        string weight = $"{PrefixOf(copy)}{Module(copy)}.{(IsMlx(copy) ? string.Empty : "base_layer.")}weight";
        copy.Tensors[weight] = new OracleTensor(weight, "U8", [2048, 1], [], new byte[2048]);
        copy.Put(weight + ".absmax", DenseArray.Zeros(64));
        copy.Put(weight + ".quant_map", DenseArray.Zeros(16));
        string state = weight + ".quant_state.bitsandbytes__nf4";
        copy.Tensors[state] = new OracleTensor(state, "U8", [20], [], new byte[20]);
        return true;
    }

    // Only of a square weight the turned factors multiply as well.
    private static bool Turn(AdapterCopy copy)
    {
        OracleTensor a = copy.Tensors[Factor(copy, 'a')];
        OracleTensor b = copy.Tensors[Factor(copy, 'b')];
        if (a.Shape.Length != 2 || b.Shape.Length != 2 || a.Shape[0] != b.Shape[1])
        {
            return false;
        }

        copy.Put(a.Name, Dense.Transpose(a.ToArray()));
        copy.Put(b.Name, Dense.Transpose(b.ToArray()));
        return true;
    }
}
