namespace Transfuse.Formats.Json;

/// <summary>How a program lays out the JSON that it writes. All of them escape what is not ASCII and end without a newline.</summary>
/// <param name="Indent">Spaces per level.</param>
/// <param name="KeyOrder">Order of names.</param>
internal sealed record PythonJsonStyle(int Indent, JsonKeyOrder KeyOrder)
{
    /// <summary><c>adapter_config.json</c> of PEFT 0.2 to 0.21: <c>json.dumps(indent=2, sort_keys=True)</c>.</summary>
    public static PythonJsonStyle Peft { get; } = new(2, JsonKeyOrder.Sorted);

    /// <summary><c>adapter_config.json</c> of mlx-lm 0.6 to 0.32: the top level sorted, indent 4.</summary>
    public static PythonJsonStyle MlxLm { get; } = new(4, JsonKeyOrder.TopLevelSorted);

    /// <summary><c>adapter_config.json</c> of Unsloth's MLX trainer: indent 2, fields in the order in which they were set.</summary>
    public static PythonJsonStyle Unsloth { get; } = new(2, JsonKeyOrder.AsGiven);

    /// <summary>Reports: indent 2, fields in the order that their schema gives.</summary>
    public static PythonJsonStyle Report { get; } = new(2, JsonKeyOrder.AsGiven);
}
