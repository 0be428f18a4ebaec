using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>What a whole MLX file tells about its names: first parts that wrappers or PEFT put before them, under which no model of MLX has modules.</summary>
internal static class MlxFileNames
{
    private static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "module"];

    // The first segments of models whose names PEFT's prefix stood before whole.
    private static readonly string[] Lists = ["layers", "h", "blocks"];

    /// <summary>The tensors of an adapter: without wrappers where the caller allows it, and eight-bit floats widened.</summary>
    public static ImmutableArray<NamedTensor> Read(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        string[] wrapped = [.. tensors.Select(tensor => tensor.Name).Where(name => Unwrap(name) != name)];
        if (wrapped is [])
        {
            return EightBitFactors.Widen(tensors, log);
        }

        bool takesOff = log.Add(MlxConfigCodes.WrapperRoot.At(wrapped, $"is {Unwrap(wrapped[0])} under a root that no model of MLX has"));
        return EightBitFactors.Widen(takesOff ? [.. tensors.Select(tensor => tensor with { Name = Unwrap(tensor.Name) })] : tensors, log);
    }

    private static string Unwrap(string name)
    {
        ReadOnlySpan<string> segments = name.Split('.');
        while (segments is [var first, _, _, ..] && Wrappers.Contains(first))
        {
            segments = segments[1..];
        }

        if (segments is ["base_model", "model", var next, _, ..])
        {
            segments = segments[(Lists.Contains(next) ? 1 : 2)..];
        }
        else if (segments is ["base_model", _, _, ..])
        {
            segments = segments[1..];
        }

        return string.Join('.', segments!);
    }
}
