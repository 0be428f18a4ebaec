namespace Transfuse.Apply.Generation;

/// <summary>How ids are chosen.</summary>
/// <example>
/// <code>
/// int[] next = [.. model.Generate(ids, new GenerationOptions { Temperature = 0.7f, TopP = 0.9f, Seed = 1 }).Take(20)];
/// </code>
/// </example>
public sealed record GenerationOptions
{
    /// <summary>Divides the logits; 0 for the most likely id. Default: 0.</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps the most likely ids that together have this probability; 1 for all. Default: 1.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps ids of at least this share of the most likely one's probability; 0 for all. Default: 0.</summary>
    public float MinP { get; init; }

    /// <summary>Keeps this many of the most likely ids; 0 for all. Default: 0.</summary>
    public int TopK { get; init; }

    /// <summary>The same seed gives the same ids. Default: 0.</summary>
    public int Seed { get; init; }
}
