using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>Passes over the values of all factors, before anything is laid out: NaN and infinity, adapters without effect, and scales that no runtime can multiply by.</summary>
internal static class ValueProbes
{
    /// <summary>Probes an adapter as it was read.</summary>
    public static void Run(Adapter adapter, StageContext context)
    {
        foreach (AdapterModule module in adapter.Modules.Where(module => !float.IsFinite((float)module.Scale)))
        {
            context.Log.Add(TensorCodes.ScaleOutOfRange.At(module.SourcePath, FormattableString.Invariant($"the scale is {module.Scale:G6}, which is infinite as float32")));
        }

        Vanishing(adapter, context.Profile.Dialect, context.Log);
        (string Owner, string Name, LazyTensor Tensor)[] tensors = [.. adapter.Modules.SelectMany(Tensors)];
        bool[] finite = new bool[tensors.Length];
        ParallelWork.Run(
            tensors.Length, context.Options.MaxDegreeOfParallelism, index => finite[index] = TensorProbe.IsFinite(tensors[index].Tensor, context.CancellationToken), context.CancellationToken);
        foreach ((string owner, string name, _) in tensors.Where((_, index) => !finite[index]))
        {
            context.Log.Add(TensorCodes.NotFinite.At(owner, $"{name} holds NaN or infinity"));
        }

        if (!adapter.Modules.IsEmpty && adapter.Modules.All(module => HasNoEffect(module, context.CancellationToken)))
        {
            context.Log.Add(TensorCodes.NoEffect.At($"{adapter.Modules.Length} modules", "every B factor is zero"));
        }
    }

    /// <summary>
    /// Names scales that are not zero and become it. MLX multiplies in the dtype of the factors where that is float16 (mlx-lm, <c>self.scale * z</c>; a Python number takes the array's dtype),
    /// torch in float32 at least.
    /// </summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="reader">Whose readers multiply.</param>
    /// <param name="log">Takes the findings.</param>
    public static void Vanishing(Adapter adapter, AdapterDialect reader, FindingLog log)
    {
        foreach (AdapterModule module in adapter.Modules.Where(module => module.Scale != 0))
        {
            bool inHalf = reader == AdapterDialect.Mlx && module.A.DType == DType.F16 && module.B.DType == DType.F16;
            if ((float)module.Scale == 0 || (inHalf && (Half)module.Scale == (Half)0))
            {
                string form = (float)module.Scale == 0 ? "float32" : "float16, the dtype of the factors";
                log.Add(TensorCodes.ScaleVanishes.At(module.SourcePath, FormattableString.Invariant($"the scale is {module.Scale:G6}, which is 0 as {form}")));
            }
        }
    }

    private static IEnumerable<(string Owner, string Name, LazyTensor Tensor)> Tensors(AdapterModule module)
    {
        yield return (module.SourcePath, "lora_A", module.A);
        yield return (module.SourcePath, "lora_B", module.B);
        if (module.Magnitude is { } magnitude)
        {
            yield return (module.SourcePath, "the magnitude", magnitude);
        }
    }

    // DoRA sets the weight's norms, whatever its factors are.
    private static bool HasNoEffect(AdapterModule module, CancellationToken cancellationToken) =>
        module.Magnitude is null && TensorProbe.IsAllZero(module.B, cancellationToken);
}
