using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// DeLoRA: delta = B diag(lambda / (r |A_i| |B_i|)) A * w_norm, with the lengths of A's rows and B's columns, each at least 1e-4, and w_norm by columns: the
/// lengths of the base weight's columns, which the file holds.
/// </summary>
internal sealed class DeloraReader : MethodReader
{
    private const double LeastNorm = 1e-4;

    public override string PeftType => "DELORA";

    public override ImmutableArray<string> Parts { get; } = ["delora_A", "delora_B", "delora_lambda", "delora_w_norm"];

    // r is that of the tensors; delora_lambda and lambda_pattern are what training began with.
    public override ImmutableArray<string> UsedFields { get; } = ["r", "rank_pattern", "delora_lambda", "lambda_pattern"];

    public override string DropoutField => "module_dropout";

    public override IEnumerable<MethodModule> Read(MethodInput input) => input.Modules.Select(Read).OfType<MethodModule>();

    private static MethodModule? Read(MethodParts parts)
    {
        if (parts.Matrix("delora_A") is not { } a || parts.Matrix("delora_B") is not { } b
            || parts.Vector("delora_lambda") is not { } lambda || parts.Vector("delora_w_norm") is not { } norms
            || !parts.Require(a.Shape[0] == b.Shape[1] && lambda.Shape[0] == 1
                && norms.Shape[0] == a.Shape[1], "delora_A", "delora_B", "delora_lambda", "delora_w_norm"))
        {
            return null;
        }

        var scaled = new ComputedTensor(a.Shape, (destination, cancellationToken) => FillA(destination, a, b, lambda, norms, cancellationToken));
        return new MethodModule
        {
            Path = parts.Path,
            Outputs = b.Shape[0],
            Inputs = a.Shape[1],
            Rank = a.Shape[0],
            Scale = 1,
            Product = () => new FactorProduct(scaled, b),
            Products = [[a], [norms], [lambda], [b], [scaled]],
        };
    }

    private static void FillA(Span<float> destination, LazyTensor a, LazyTensor b, LazyTensor lambda, LazyTensor norms, CancellationToken cancellationToken)
    {
        Matrix rows = Matrix.Of(a, cancellationToken);
        Matrix columns = Matrix.Of(b, cancellationToken).Transpose();
        double[] widths = norms.ToDoubles(cancellationToken);
        double share = lambda.ToDoubles(cancellationToken)[0] / rows.Rows;
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> row = rows.Row(i);
            double lengths = Math.Max(TensorPrimitives.Norm<double>(row), LeastNorm) * Math.Max(TensorPrimitives.Norm<double>(columns.Row(i)), LeastNorm);
            TensorPrimitives.Multiply(row, share / lengths, row);
            TensorPrimitives.Multiply(row, widths, row);
        }

        TensorPrimitives.ConvertTruncating<double, float>(rows.Values, destination);
    }
}
