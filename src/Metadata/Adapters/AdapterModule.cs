using Transfuse.Formats.Tensors;

namespace Transfuse.Metadata.Adapters;

/// <summary>One adapted module: a pair of low-rank factors in the canonical orientation that <see cref="ModuleKind"/> states.</summary>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public sealed record AdapterModule
{
    /// <summary>The path as the source names it; PEFT's patterns match it, findings print it.</summary>
    public required string SourcePath { get; init; }

    /// <summary>The path in the adapter's layout.</summary>
    public required ModulePath Path { get; init; }

    /// <summary>What the factors mean.</summary>
    public required ModuleKind Kind { get; init; }

    /// <summary>The factor that the input meets first.</summary>
    public required LazyTensor A { get; init; }

    /// <summary>The factor that gives the output.</summary>
    public required LazyTensor B { get; init; }

    /// <summary>The rank r; for experts, the rank of each expert.</summary>
    public required int Rank { get; init; }

    /// <summary>The final multiplier of B A. Runtimes multiply by its float32 value.</summary>
    public required double Scale { get; init; }

    /// <summary>DoRA's magnitude, <c>(out)</c>: the weight's rows are scaled to these norms.</summary>
    public LazyTensor? Magnitude { get; init; }

    /// <summary>Probability of dropping an input in training; no effect afterwards.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// The parameter below the path that PEFT adapts through <c>target_parameters</c>, such as <c>gate_up_proj</c>; <see langword="null"/> for a module.
    /// </summary>
    public string? Parameter { get; init; }

    /// <summary>The path with the parameter, as PEFT's patterns match it.</summary>
    public string FullPath => Parameter is null ? Path.Text : $"{Path.Text}.{Parameter}";

    /// <summary>Extent of the input: A's last dimension; for a convolution its channels.</summary>
    public long InputSize => Kind == ModuleKind.Convolution ? A.Shape[1] : A.Shape[^1];

    /// <summary>Extent of the output: B's dimension before the rank.</summary>
    public long OutputSize => Kind == ModuleKind.Experts ? B.Shape[1] : B.Shape[0];
}
