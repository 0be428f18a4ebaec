namespace Transfuse.Metadata.Mlx;

/// <summary>A program and its version, such as <c>mlx-lm@0.14.1</c>.</summary>
/// <param name="Program"><c>mlx-lm</c> or <c>mlx-vlm</c>.</param>
/// <param name="Version">Its version.</param>
public sealed record MlxProducer(string Program, Version Version)
{
    // The day on which mlx-lm 0.14.2 dropped alpha from its formula.
    private static readonly DateOnly AlphaDropped = new(2024, 6, 2);

    /// <summary>Parses <c>PROGRAM@VERSION</c>, or a date as <c>2024-05-30</c>, which stands for the mlx-lm of that day.</summary>
    public static MlxProducer? Parse(string text)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", out DateOnly date))
        {
            return new MlxProducer("mlx-lm", date < AlphaDropped ? new Version(0, 14, 1) : new Version(0, 14, 2));
        }

        string[] parts = text.Split('@');
        return parts is ["mlx-lm" or "mlx-vlm", _] && Version.TryParse(parts[1], out Version? version) ? new MlxProducer(parts[0], version) : null;
    }

    /// <summary>Whether it is this program in an older version.</summary>
    public bool IsBefore(string program, Version version) => Program == program && Version < version;

    /// <inheritdoc />
    public override string ToString() => $"{Program}@{Version}";
}
