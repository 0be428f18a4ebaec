using Transfuse.Conversion.Dialects;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>
/// Passes over the values of all factors, before anything is laid out: NaN and infinity, adapters without effect, and scales that no runtime can multiply by.
/// </summary>
internal static class ValueProbes
{
    /// <summary>Probes an adapter as it was read.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="reader">The dialect whose programs are to read it.</param>
    /// <param name="run">The run.</param>
    public static void Run(Adapter adapter, Dialect reader, Run run)
    {
        foreach (AdapterModule module in adapter.Modules.Where(module => !float.IsFinite((float)module.Scale)))
        {
            run.Log.Add(TensorCodes.ScaleOutOfRange.At(
                module.SourcePath, FormattableString.Invariant($"the scale is {module.Scale:G6}, which is infinite as float32")));
        }

        Vanishing(adapter, reader, run.Log);
        (string Owner, string Name, LazyTensor Tensor)[] tensors = [.. adapter.Modules.SelectMany(Tensors)];
        bool[] finite = new bool[tensors.Length];
        ParallelWork.Run(
            tensors.Length, run.Options.MaxDegreeOfParallelism, index =>
                finite[index] = TensorProbe.IsFinite(tensors[index].Tensor, run.CancellationToken), run.CancellationToken);
        foreach ((string owner, string name, _) in tensors.Where((_, index) => !finite[index]))
        {
            run.Log.Add(TensorCodes.NotFinite.At(owner, $"{name} holds NaN or infinity"));
        }

        if (!adapter.Modules.IsEmpty && adapter.Modules.All(module => HasNoEffect(module, run.CancellationToken)))
        {
            run.Log.Add(TensorCodes.NoEffect.At($"{adapter.Modules.Length} modules", "every B factor is zero"));
        }
    }

    /// <summary>
    /// Names scales that are not zero and become it: as float32, or as float16 where a program multiplies in the dtype of the factors.
    /// </summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="reader">Whose readers multiply.</param>
    /// <param name="log">Takes the findings.</param>
    public static void Vanishing(Adapter adapter, Dialect reader, FindingLog log)
    {
        foreach (AdapterModule module in adapter.Modules.Where(module => module.Scale != 0))
        {
            bool inHalf = reader.ScalesInHalf && module.A.DType == DType.F16 && module.B.DType == DType.F16;
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
