using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Dialects;

/// <summary>What the caller decides about adapters of methods other than LoRA that become LoRA.</summary>
internal sealed record MethodOptions
{
    /// <summary>No limit given, no truncation, no base.</summary>
    public static MethodOptions Default { get; } = new();

    /// <summary>The highest rank that a module may get; <see langword="null"/> for half of its smaller side.</summary>
    public int? MaxRank { get; init; }

    /// <summary>The rank to which modules are truncated; <see langword="null"/> where none may be.</summary>
    public int? SvdRank { get; init; }

    /// <summary>The base model, whose weights tell the sizes that some methods do not store.</summary>
    public BaseModel? Base { get; init; }

    /// <summary>Most modules in work at one time.</summary>
    public int MaxDegreeOfParallelism { get; init; } = 1;

    /// <summary>Ends the work.</summary>
    public CancellationToken CancellationToken { get; init; }
}
