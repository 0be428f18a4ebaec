namespace Transfuse.Formats.Json;

/// <summary>What a JSON document may cost. The defaults are far above every config, weight index and report that adapters come with.</summary>
internal sealed record PythonJsonLimits
{
    /// <summary>The highest <see cref="MaxDepth"/>: the reader calls itself once per level.</summary>
    public const int HighestMaxDepth = 512;

    public static PythonJsonLimits Default { get; } = new();

    /// <summary>The limits of a config: 16 MiB and 200 000 values, a hundred times what a large one has.</summary>
    public static PythonJsonLimits Config { get; } = new() { MaxBytes = 16 << 20, MaxValues = 200_000 };

    /// <summary>A config as Python itself takes it, as far as this reader can go: a name that occurs twice, deeper nesting.</summary>
    public static PythonJsonLimits AsPython { get; } = Config with { MaxDepth = HighestMaxDepth, LastNameWins = true };

    /// <summary>Size of the document in bytes. Default 64 MiB.</summary>
    public int MaxBytes { get; init; } = 64 << 20;

    /// <summary>Nesting of lists and objects. Default 64; at most <see cref="HighestMaxDepth"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or above <see cref="HighestMaxDepth"/>.</exception>
    public int MaxDepth
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, HighestMaxDepth);
            field = value;
        }
    } = 64;

    /// <summary>Whether the last value of a name that occurs twice in an object counts, as in Python; else such a document is refused. Default false.</summary>
    public bool LastNameWins { get; init; }

    /// <summary>Number of values of every kind, nested ones included. Default 1 048 576.</summary>
    public int MaxValues { get; init; } = 1 << 20;

    /// <summary>Characters of one number. Default 400, which holds every double written out.</summary>
    public int MaxNumberLength { get; init; } = 400;
}
