namespace Transfuse.Cli.Commands;

/// <summary>What a verb does with its inputs, as far as the loop over them must know.</summary>
/// <param name="Verb">Its name.</param>
internal sealed record BatchPlan(string Verb)
{
    /// <summary>What else is read, such as the base; what is <see langword="null"/> was not given.</summary>
    public IReadOnlyList<string?> Reads { get; init; } = [];

    /// <summary>The folder that outputs lie in; <see langword="null"/> where none is written.</summary>
    public string? Output { get; init; }

    /// <summary>Whether files beside an adapter are copied with it.</summary>
    public bool TakesAllFiles { get; init; }

    /// <summary>Whether the inputs themselves are changed.</summary>
    public bool IsInPlace { get; init; }

    /// <summary>Whether nothing is written, so that nothing is done.</summary>
    public bool IsDry { get; init; }

    /// <summary>Whether an output cannot be compared before it is written, so that the journal must tell that it was begun.</summary>
    public bool TrustsBegun { get; init; }
}
