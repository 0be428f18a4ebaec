using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>Gives factors the dtype that was asked for, and none that the target cannot read. Magnitudes stay as they are, float32 as a rule.</summary>
internal static class FactorDTypes
{
    // Rounding to bfloat16 changes a tensor by less than 2^-8; what goes far beyond it is values below the dtype's smallest.
    private const double MostError = 1.0 / 64;

    /// <summary>Casts factors, after probes where values could overflow or vanish.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="wanted">The dtype asked for, or <see langword="null"/> to keep each.</param>
    /// <param name="readsDouble">Whether the target reads float64; MLX does not.</param>
    /// <param name="log">Receives findings.</param>
    /// <param name="cancellationToken">Ends the probes.</param>
    public static ImmutableArray<AdapterModule> Apply(
        ImmutableArray<AdapterModule> modules, DType? wanted, bool readsDouble, FindingLog log, CancellationToken cancellationToken)
    {
        int cast = 0;
        ImmutableArray<AdapterModule> result = [.. modules.Select(Fit)];
        if (cast > 0)
        {
            log.Add(TensorCodes.Cast.At($"{cast} tensors", $"converted to {wanted!.Value.SafetensorsName()}"));
        }

        return result;

        AdapterModule Fit(AdapterModule module) => module with
        {
            A = FitFactor(module, "lora_A", module.A),
            B = FitFactor(module, "lora_B", module.B),
            Magnitude = module.Magnitude is { DType: DType.F64 } magnitude && !readsDouble ? Round(module, "magnitude", magnitude) : module.Magnitude,
        };

        LazyTensor FitFactor(AdapterModule module, string name, LazyTensor tensor)
        {
            if (wanted is not { } dtype)
            {
                return tensor.DType == DType.F64 && !readsDouble ? Round(module, name, tensor) : tensor;
            }

            if (tensor.DType == dtype)
            {
                return tensor;
            }

            CheckRange(module, name, tensor, dtype);
            cast++;
            return tensor.Cast(dtype);
        }

        LazyTensor Round(AdapterModule module, string name, LazyTensor tensor)
        {
            CheckRange(module, name, tensor, DType.F32);
            log.Add(TensorCodes.DoubleRounded.At(module.SourcePath, $"{name} was rounded from float64 to float32"));
            return tensor.Cast(DType.F32);
        }

        void CheckRange(AdapterModule module, string name, LazyTensor tensor, DType dtype)
        {
            if (!TensorProbe.Fits(tensor, dtype, cancellationToken))
            {
                log.Add(TensorCodes.ValueOverflow.At(
                    module.SourcePath, FormattableString.Invariant(
                        $"{name} has the value {TensorProbe.MaxMagnitude(tensor, cancellationToken):G6}, which is beyond {dtype.SafetensorsName()}")));
            }
            else if (NarrowsRange(tensor.DType, dtype) && TensorProbe.CastError(tensor, dtype, cancellationToken) is > MostError and var error)
            {
                string most = FormattableString.Invariant($"{TensorProbe.MaxMagnitude(tensor, cancellationToken):G3}");
                log.Add(TensorCodes.ValueUnderflow.At(
                    module.SourcePath,
                    FormattableString.Invariant($"{name} has values of at most {most}; as {dtype.SafetensorsName()} it would differ by {error:P0}")));
            }
        }
    }

    private static bool NarrowsRange(DType from, DType to) => to == DType.F16 || from == DType.F64;
}
