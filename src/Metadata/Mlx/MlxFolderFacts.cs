using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx;

/// <summary>What an MLX adapter folder shows: its config, and the names and shapes of its tensors. What detectors of old forms look at.</summary>
internal sealed class MlxFolderFacts
{
    /// <summary>Gathers the facts.</summary>
    /// <param name="configName">The config's name in findings.</param>
    /// <param name="config">The config, or <see langword="null"/> where the folder has none.</param>
    /// <param name="weightsFile">Name of the weights file.</param>
    /// <param name="modules">The modules that have a factor.</param>
    /// <param name="otherTensors">Names of tensors that belong to no such module.</param>
    /// <param name="baseLayers">The base's number of layers, or <see langword="null"/> where no base was given.</param>
    public MlxFolderFacts(
        string configName, JsonObject? config, string weightsFile, ImmutableArray<MlxModuleFacts> modules, ImmutableArray<string> otherTensors, int? baseLayers)
    {
        ConfigName = configName;
        Config = config is null ? null : new MlxConfigView(config);
        WeightsFile = weightsFile;
        Modules = modules;
        OtherTensors = otherTensors;
        BaseLayers = baseLayers;
        Topology = Config?.Topology ?? MlxTopology.None;
        Inferred = AdapterInference.Infer([.. modules.Select(module => module.Evidence)], Topology);
        Paths = [.. modules.Select(module => ModulePath.TryParse(module.Evidence.Path, out ModulePath path) ? path : (ModulePath?)null).OfType<ModulePath>()];
        Layers = LayerInference.Infer(Paths);
    }

    /// <summary>The config's name in findings.</summary>
    public string ConfigName { get; }

    /// <summary>The config, or <see langword="null"/> where the folder has none.</summary>
    public MlxConfigView? Config { get; }

    /// <summary>Name of the weights file.</summary>
    public string WeightsFile { get; }

    /// <summary>The modules that have a factor.</summary>
    public ImmutableArray<MlxModuleFacts> Modules { get; }

    /// <summary>Names of tensors that belong to no such module.</summary>
    public ImmutableArray<string> OtherTensors { get; }

    /// <summary>The base's number of layers, or <see langword="null"/> where no base was given.</summary>
    public int? BaseLayers { get; }

    /// <summary>The explicit list of modules.</summary>
    public MlxTopology Topology { get; }

    /// <summary>What the tensors tell.</summary>
    public InferredAdapter Inferred { get; }

    /// <summary>The modules' paths.</summary>
    public ImmutableArray<ModulePath> Paths { get; }

    /// <summary>Which layers are adapted, or <see langword="null"/> where none is.</summary>
    public LayerEvidence? Layers { get; }

    public bool IsArchive => Path.GetExtension(WeightsFile) == ".npz";

    /// <summary>Whether the config says LoRA and some modules have a magnitude, which readers refuse or drop.</summary>
    public bool HasStrayMagnitudes =>
        Inferred.Kind == FineTuneKind.Mixed && Config is { IsUnsloth: false } && Config.Text("fine_tune_type") == FineTuneKind.Lora.ToText();

    /// <summary>Whether factors are named <c>A</c> and <c>B</c>.</summary>
    public bool HasLegacyNames => Modules.Any(module => module.Form == MlxFactorForm.Legacy);
}
