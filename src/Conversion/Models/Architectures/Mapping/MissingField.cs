using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Says which fields of a base's config.json a mapping waits for.</summary>
internal static class MissingField
{
    /// <summary>The text.</summary>
    /// <param name="config">The base's configuration; <see langword="null"/> where no base was given.</param>
    /// <param name="fields">The fields that decide.</param>
    public static string Describe(BaseConfig? config, IEnumerable<string> fields)
    {
        string[] missing = [.. fields.Where(field => config?.Contains(field) != true).Distinct(StringComparer.Ordinal)];
        return config is null
            ? $"no base model was given{(missing is [] ? string.Empty : $", and {string.Join(", ", missing)} of its config.json decides this")}"
            : missing is [] ? $"{string.Join(", ", fields.Distinct(StringComparer.Ordinal))} of its config.json decides this, and is of no use there"
            : $"its config.json lacks {string.Join(", ", missing)}, which decides this";
    }
}
