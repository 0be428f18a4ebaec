namespace Transfuse.Metadata.Findings;

/// <summary>A field of a config, or an entry of a field that is an object.</summary>
/// <param name="File">The config's name, with the folder where there is one; empty where it has none.</param>
/// <param name="Field">The field.</param>
/// <param name="Entry">The entry inside it; <see langword="null"/> for the field itself.</param>
/// <seealso cref="Transfuse.Metadata.Findings.Finding" />
public sealed record ConfigPlace(string File, string Field, string? Entry = null)
{
    /// <summary>The field without the file, such as <c>rank_pattern:q_proj</c>.</summary>
    public string InFile => Entry is null ? Field : $"{Field}:{Entry}";

    /// <summary>The place as findings print it, such as <c>adapter_config.json:rank_pattern:q_proj</c>.</summary>
    public override string ToString() => File.Length == 0 ? InFile : $"{File}:{InFile}";
}
