using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// MiSS: each input j is added to the sum j mod r, and the block (r, out) maps the sums to outputs; so A has a 1 at (j mod r, j), and B is the block
/// transposed.
/// The form <c>mini</c> stores only (r, mini_r) and repeats it over the outputs. The form <c>bat</c> depends on the base's weight.
/// </summary>
internal sealed class MissReader : MethodReader
{
    private const string Block = "miss_block";

    public override string PeftType => "MISS";

    public override ImmutableArray<string> Parts { get; } = [Block];

    public override ImmutableArray<string> UsedFields { get; } = ["r", "mini_r", "init_weights"];

    public override string DropoutField => "miss_dropout";

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        string form = input.Config.Source["init_weights"] is JsonString { Value: string name } ? name : string.Empty;
        if (form == "bat")
        {
            input.Log.Add(MethodCodes.NeedsBase.At(input.Settings.Fields.Subject("init_weights"), "MISS in the form bat multiplies blocks of the weight"));
            return [];
        }

        BaseShapes shapes = BaseShapes.Read(input.Options.Base, input.Modules.Select(parts => parts.Path), input.Log);
        return input.Modules.Select(parts => Read(parts, form == "mini", shapes)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, bool repeats, BaseShapes shapes)
    {
        if (parts.Matrix(Block) is not { } block)
        {
            return null;
        }

        if (shapes.Of(parts.Path) is not { } weight)
        {
            parts.Log.Add(MethodCodes.InputSizeUnknown.At(parts.Path, $"{Block} is {block.Shape}, which does not tell the number of inputs"));
            return null;
        }

        (long outputs, long inputs) = (weight[0], weight[1]);
        if (repeats ? outputs % block.Shape[1] != 0 : outputs != block.Shape[1])
        {
            parts.Log.Add(ArchitectureCodes.DimensionMismatch.At(parts.Path, $"{Block} is {block.Shape}, but the base's weight is {weight}"));
            return null;
        }

        return new MethodModule
        {
            Path = parts.Path,
            Outputs = outputs,
            Inputs = inputs,
            Rank = block.Shape[0],
            Scale = 1,
            Product = () => new FactorProduct(Sums(block.Shape[0], inputs), Repeat(block.Transpose(), outputs)),
            Products = [[block]],
        };
    }

    private static ComputedTensor Sums(long rank, long inputs) => new(new TensorShape(rank, inputs), (destination, _) =>
    {
        destination.Clear();
        for (int input = 0; input < inputs; input++)
        {
            destination[(int)(((input % rank) * inputs) + input)] = 1;
        }
    });

    private static LazyTensor Repeat(LazyTensor rows, long count) =>
        LazyTensorOperations.Concat(0, [.. Enumerable.Repeat(rows, checked((int)(count / rows.Shape[0])))]);
}
