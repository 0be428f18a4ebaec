using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// Finds how many inputs the modules have where only the largest number is in the file: from the base's weights, else from the modules themselves.
/// Modules of one name in all layers have the largest. Of the projections of a Llama-like layer, those that read the residual stream have as many inputs as
/// those that write to it have outputs, and those that write have as many inputs as those that feed them have outputs. What is inferred must reach the largest.
/// </summary>
internal sealed class InputSizes
{
    private static readonly string[] StreamReaders = ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"];

    private readonly Dictionary<string, long> _outputs;
    private readonly long _largest;
    private readonly long? _stream;

    private InputSizes(Dictionary<string, long> outputs, long largest)
    {
        _outputs = outputs;
        _largest = largest;
        long[] written = [.. outputs.Where(module => Feeders(ModulePath.LeafOf(module.Key)).Length > 0).Select(module => module.Value).Distinct()];
        _stream = written switch { [] => largest, [long only] => only, _ => null };
    }

    /// <summary>The inputs of each module, or <see langword="null"/> with a finding.</summary>
    /// <param name="outputs">The modules and their numbers of outputs.</param>
    /// <param name="largest">The largest number of inputs among them.</param>
    /// <param name="input">The adapter.</param>
    public static Dictionary<string, long>? Find(Dictionary<string, long> outputs, long largest, MethodInput input)
    {
        BaseShapes shapes = BaseShapes.Read(input.Options.Base, outputs.Keys, input.Log);
        Dictionary<string, long?> sizes =
            outputs.ToDictionary(module => module.Key, module => shapes.InputsOf(module.Key, module.Value), StringComparer.Ordinal);
        foreach (string path in sizes.Where(size => size.Value < 0 || size.Value > largest).Select(size => size.Key).Order(StringComparer.Ordinal))
        {
            input.Log.Add(ArchitectureCodes.DimensionMismatch.At(
                path, $"has {outputs[path]} outputs and at most {largest} inputs by the adapter, but the base's weight is {shapes.Of(path)}"));
        }

        string[] unknown = [.. sizes.Where(size => size.Value is null).Select(size => size.Key).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0 && !Infer(sizes, unknown, new InputSizes(outputs, largest), input))
        {
            return null;
        }

        return input.Log.HasErrors ? null : sizes.ToDictionary(size => size.Key, size => size.Value!.Value, StringComparer.Ordinal);
    }

    private static bool Infer(Dictionary<string, long?> sizes, string[] unknown, InputSizes inference, MethodInput input)
    {
        foreach (string path in unknown)
        {
            sizes[path] = inference.Of(path);
        }

        if (sizes.Values.Any(size => size is null) || sizes.Values.Max() != inference._largest)
        {
            input.Log.Add(MethodCodes.InputSizeUnknown.At(
                unknown, $"the shared projection has {inference._largest} columns, and which modules have fewer inputs is not in the file"));
            return false;
        }

        string counts = string.Join(", ", unknown.Select(path => sizes[path]).Distinct().Order());
        input.Log.Add(MethodCodes.InputSizeAssumed.At(unknown, $"no base with weights was given; taken to have {counts} inputs"));
        return true;
    }

    private long? Of(string path)
    {
        if (_outputs.Keys.Select(Relative).Distinct(StringComparer.Ordinal).Count() == 1 && _outputs.Values.Distinct().Count() == 1)
        {
            return _largest;
        }

        string leaf = ModulePath.LeafOf(path);
        if (StreamReaders.Contains(leaf))
        {
            return _stream;
        }

        string block = path[..^leaf.Length];
        long[] fed = [.. Feeders(leaf).Where(feeder => _outputs.ContainsKey(block + feeder)).Select(feeder => _outputs[block + feeder]).Distinct()];
        return fed is [long only] ? only : null;
    }

    private static string[] Feeders(string leaf) => leaf switch
    {
        "o_proj" => ["q_proj"],
        "down_proj" => ["gate_proj", "up_proj"],
        _ => [],
    };

    private static string Relative(string path) => ModulePath.TryParse(path, out ModulePath parsed) ? parsed.Relative : path;
}
