using System.Globalization;

namespace Transfuse.Metadata.Mlx;

/// <summary>Who wrote a folder, as the caller knows it: a program and its version, or a day.</summary>
/// <param name="Program"><c>mlx-lm</c> or <c>mlx-vlm</c>; <see langword="null"/> for a day.</param>
/// <param name="Version">The program's version; <see langword="null"/> for a day.</param>
/// <param name="Date">The day of the training; <see langword="null"/> for a version.</param>
/// <example>
/// <code>
/// ConversionOptions options = new() { Producer = MlxProducer.Parse("mlx-lm@0.14.1") };
/// </code>
/// </example>
public sealed record MlxProducer(string? Program, Version? Version, DateOnly? Date)
{
    /// <summary>Parses <c>PROGRAM@VERSION</c>, such as <c>mlx-lm@0.14.1</c>, or a day, such as <c>2024-05-30</c>.</summary>
    /// <returns>The producer, or <see langword="null"/> where the text is neither.</returns>
    public static MlxProducer? Parse(string text)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
        {
            return new MlxProducer(null, null, date);
        }

        return text.Split('@') is ["mlx-lm" or "mlx-vlm", _] parts && Version.TryParse(parts[1], out Version? version)
            ? new MlxProducer(parts[0], version, null)
            : null;
    }

    /// <summary>Whether the folder was written before a change, or <see langword="null"/> where this producer does not tell.</summary>
    /// <param name="program">The program that changed.</param>
    /// <param name="version">The first version with the change.</param>
    /// <param name="day">The day of the change.</param>
    public bool? IsBefore(string program, Version version, DateOnly day)
    {
        if (Date is { } date)
        {
            return date < day;
        }

        if (Program != program || Version is not { } own)
        {
            return null;
        }

        // 0.14 stands for every 0.14.x.
        var first = new Version(own.Major, own.Minor, Math.Max(own.Build, 0));
        var last = own.Build < 0 ? new Version(own.Major, own.Minor, int.MaxValue) : first;
        return last < version ? true : first >= version ? false : null;
    }

    /// <inheritdoc />
    public override string ToString() => Date is { } date ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : $"{Program}@{Version}";
}
