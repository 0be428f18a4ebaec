using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Adapters;

/// <summary>An adapter between all formats.</summary>
/// <example>
/// <code>
/// AdapterReading reading = await AdapterReader.ReadAsync(source);
/// foreach (AdapterModule module in reading.Adapter!.Modules)
/// {
///     Console.WriteLine($"{module.FullPath}: rank {module.Rank}, scale {module.Scale}");
/// }
/// </code>
/// </example>
public sealed record Adapter
{
    /// <summary>Whose module names it uses.</summary>
    public required ModelLayout Layout { get; init; }

    /// <summary>The adapted modules, ordered by path; paths with their parameters are unique.</summary>
    public required ImmutableArray<AdapterModule> Modules { get; init; }

    /// <summary>Tensors that are not low-rank factors.</summary>
    public ImmutableArray<OtherTensor> OtherTensors { get; init; } = [];

    /// <summary>The base model, if the adapter names it.</summary>
    public BaseModelReference? Base { get; init; }

    /// <summary>The base's number of layers, where the adapter itself is evidence of it.</summary>
    public int? LayerCount { get; init; }

    /// <summary>
    /// Whether one adapter acts on the tied input embedding and output head together (PEFT <c>ensure_weight_tying</c>; every MLX embedding of a tied model).
    /// </summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>PEFT's <c>task_type</c>, if the adapter names it.</summary>
    public string? TaskType { get; init; }

    /// <summary>The version of the program that wrote it, if recorded (PEFT <c>peft_version</c>).</summary>
    public string? WriterVersion { get; init; }

    /// <summary>
    /// PEFT's name of the method, such as <c>IA3</c>. For any other than <c>LORA</c> the tensors are in <see cref="OtherTensors"/> as they are.
    /// </summary>
    public string Method { get; init; } = "LORA";

    /// <summary>The source's config as it stood, or empty where there is none: what a writer of the same dialect carries on.</summary>
    public JsonObject SourceConfig { get; init; } = JsonObject.Empty;

    /// <summary>Whether any module is DoRA.</summary>
    public bool HasMagnitudes => Modules.Any(module => module.Magnitude is not null);

    /// <summary>Number of values in all factors and magnitudes.</summary>
    public long ParameterCount =>
        Modules.Sum(module => module.A.Shape.ElementCount + module.B.Shape.ElementCount + (module.Magnitude?.Shape.ElementCount ?? 0));
}
