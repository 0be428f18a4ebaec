using System.Collections.Immutable;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// VeRA: delta = (lambda_b * B) (lambda_d * A), row by row, without any other scale. A (r, largest in) and B (largest out, r) are shared; each module takes
/// their first columns and rows. PVeRA has as many rows again, in A and lambda_d, for a variance that only sampling reads.
/// </summary>
/// <param name="peftType"><c>VERA</c> or <c>PVERA</c>.</param>
/// <param name="halves">How many parts of equal size lambda_d and A have, the first of which counts.</param>
internal sealed class VeraReader(string peftType, int halves) : MethodReader
{
    private readonly string _prefix = peftType.ToLowerInvariant();

    public override string PeftType => peftType;

    public override ImmutableArray<string> Parts => [LambdaB, LambdaD];

    public override ImmutableArray<string> Shared => [NameA, NameB];

    // The rank is that of the projections, which need not be made anew.
    public override ImmutableArray<string> UsedFields { get; } = ["r", "projection_prng_key", "save_projection"];

    public override string DropoutField => _prefix + "_dropout";

    private string LambdaB => _prefix + "_lambda_b";

    private string LambdaD => _prefix + "_lambda_d";

    private string NameA => _prefix + "_A";

    private string NameB => _prefix + "_B";

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        if (input.Settings.IsSet("sample_at_inference"))
        {
            input.Log.Add(MethodCodes.Setting.At(
                input.Settings.Fields.Subject("sample_at_inference"), "is true: the change is drawn at random for each input"));
        }

        if (!input.Shared.Has(NameA) || !input.Shared.Has(NameB))
        {
            input.Log.Add(MethodCodes.Incomplete.At(
                input.Config.FileName, $"{peftType} without base_model.{NameA} and base_model.{NameB}; torch's random generator made them (save_projection)"));
            return [];
        }

        if (input.Shared.Matrix(NameA) is not { } a || input.Shared.Matrix(NameB) is not { } b
            || !input.Shared.Require(a.Shape[0] == halves * b.Shape[1], NameA, NameB))
        {
            return [];
        }

        List<(MethodParts Parts, LazyTensor B, LazyTensor D)> vectors = [];
        foreach (MethodParts parts in input.Modules)
        {
            if (parts.Vector(LambdaB) is { } lambdaB && parts.Vector(LambdaD) is { } lambdaD && Fit(parts, lambdaB, lambdaD, a, b))
            {
                vectors.Add((parts, lambdaB, lambdaD));
            }
        }

        Dictionary<string, long> outputs = vectors.ToDictionary(module => module.Parts.Path, module => module.B.Shape[0], StringComparer.Ordinal);
        return InputSizes.Find(outputs, a.Shape[1], input) is { } inputs
            ? vectors.Select(module => Read(module.Parts.Path, module.B, module.D, a, b, inputs[module.Parts.Path]))
            : [];
    }

    private static bool Fit(MethodParts parts, LazyTensor lambdaB, LazyTensor lambdaD, LazyTensor a, LazyTensor b)
    {
        bool fits = lambdaB.Shape[0] <= b.Shape[0] && lambdaD.Shape[0] == a.Shape[0];
        if (!fits)
        {
            parts.Refuse($"has {lambdaB.Shape[0]} outputs and rank {lambdaD.Shape[0]}, but the shared projections are {a.Shape} and {b.Shape}");
        }

        return fits;
    }

    private static MethodModule Read(string path, LazyTensor lambdaB, LazyTensor lambdaD, LazyTensor a, LazyTensor b, long inputs)
    {
        long outputs = lambdaB.Shape[0];
        long rank = b.Shape[1];
        return new MethodModule
        {
            Path = path,
            Outputs = outputs,
            Inputs = inputs,
            Rank = rank,
            Scale = 1,
            Product = () => new FactorProduct(
                ComputedTensors.ScaleRows(a.Slice(0, 0, rank).Slice(1, 0, inputs), lambdaD.Slice(0, 0, rank)),
                ComputedTensors.ScaleRows(b.Slice(0, 0, outputs), lambdaB)),
            Products = [[a, lambdaD], [b, lambdaB]],
        };
    }
}
