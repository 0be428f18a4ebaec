using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

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
