using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Checking;

/// <summary>What the caller tells about an adapter and the reader that it is checked for.</summary>
/// <seealso cref="Transfuse.Conversion.Checking.AdapterChecker" />
public sealed record CheckOptions
{
    /// <summary>All defaults.</summary>
    public static CheckOptions Default { get; } = new();

    /// <summary>The base model as the reader would have it; its config alone is enough for names. Default: none.</summary>
    public BaseModel? Base { get; init; }

    /// <summary>The base's <c>model_type</c>. Default: from the base.</summary>
    public string? ModelType { get; init; }

    /// <summary>The sub-folder to read where a folder holds several adapters. Default: the only one.</summary>
    public string? AdapterName { get; init; }

    /// <summary>Whether the values of the factors are read too: zero and NaN are found then. Default: false, names and shapes alone.</summary>
    public bool LooksAtValues { get; init; }

    /// <summary>
    /// The server's <c>max_lora_rank</c>. Default: 16 for vLLM, as vLLM itself has it; for SGLang none, since it takes the largest rank that it is started
    /// with.
    /// </summary>
    public int? MaxLoraRank
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxLoraRank), value, "It is at least 1.");
    }
}
