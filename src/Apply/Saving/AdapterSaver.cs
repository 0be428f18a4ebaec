using System.Collections.Immutable;
using Transfuse.Conversion;
using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Apply.Saving;

/// <summary>
/// Saves the adapter of a model in training: what its config says is inferred from its layers, and what is written is checked as a conversion's is.
/// </summary>
/// <example>
/// <code>
/// var live = new LiveModel { Parameters = parameters, Layers = [new LiveLayer("model.layers.0.self_attn.q_proj") { Scale = [2] }] };
/// ConversionResult result = AdapterSaver.Save(live, "adapters/trained");
/// </code>
/// </example>
public static class AdapterSaver
{
    /// <summary>Saves. Where an error finding stands against it, nothing is written.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder that is to appear: complete, or not at all.</param>
    /// <param name="options">What the caller decides; the defaults where null.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written.</param>
    /// <exception cref="ArgumentException">Two parameters have one name, or two layers one path.</exception>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    public static ConversionResult Save(LiveModel model, string folder, SaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SaveOptions();
        RequireUnique(model.Parameters.Select(parameter => parameter.Name), nameof(model));
        RequireUnique(model.Layers.Select(layer => layer.Path), nameof(model));
        var log = new FindingLog(options.Conversion.Allowed);
        (ImmutableArray<AdapterModule> modules, ImmutableArray<OtherTensor> unfrozen) = Read(model, log);
        var adapter = new Adapter { Layout = ModelLayout.Mlx, Modules = modules, OtherTensors = unfrozen };
        return AdapterWriter.Write(adapter, folder, options, log, cancellationToken);
    }

    private static (ImmutableArray<AdapterModule> Modules, ImmutableArray<OtherTensor> Unfrozen) Read(LiveModel model, FindingLog log)
    {
        Dictionary<string, LiveLayer> layers = model.Layers.ToDictionary(layer => layer.Path, StringComparer.Ordinal);
        ILookup<bool, NamedTensor> parts = model.Parameters.ToLookup(parameter => IsFactor(parameter.Name, layers));
        Dictionary<string, MlxModuleFactors> found =
            MlxTensorSorter.Sort([.. parts[true]], log).Modules.ToDictionary(module => module.Path, StringComparer.Ordinal);
        var modules = ImmutableArray.CreateBuilder<AdapterModule>(layers.Count);
        foreach (LiveLayer layer in model.Layers)
        {
            if (!found.TryGetValue(layer.Path, out MlxModuleFactors? factors))
            {
                log.Add(TensorCodes.HalfPair.At(layer.Path, "is an adapter's layer and has neither lora_a nor lora_b"));
            }
            else if (ScaleInference.OfLayer(layer.Scale) is not { } scale || !ConversionOptions.IsScale(scale))
            {
                log.Add(ApplyCodes.ScaleUnknown.At(layer.Path, Describe(layer.Scale)));
            }
            else if (MlxModulePair.Of(factors, log)?.ToModule(scale, DropoutInference.OfLayer(layer.KeepProbability, layer.Dropout), log) is { } module)
            {
                modules.Add(module);
            }
        }

        IEnumerable<NamedTensor> unfrozen = parts[false].Where(parameter => model.Trainable?.Contains(parameter.Name) != false);
        return (
            [.. modules.OrderBy(module => module.Path)],
            [.. unfrozen.Select(parameter => new OtherTensor(OtherTensorKind.WholeModule, parameter.Name, parameter.Name, parameter.Tensor))]);
    }

    // A factor counts whether it is trained or not; m only in a layer that is DoRA. A and B are names of parameters that others have too.
    private static bool IsFactor(string name, Dictionary<string, LiveLayer> layers)
    {
        var parsed = MlxTensorName.Parse(name);
        return parsed is { Factor: not MlxFactor.None, Form: not MlxFactorForm.Legacy }
            && layers.TryGetValue(parsed.Module, out LiveLayer? layer)
            && (parsed.Factor != MlxFactor.Magnitude || layer.IsDora);
    }

    private static string Describe(ImmutableArray<double> scale) => scale.Length switch
    {
        0 => "has no scale",
        1 => FormattableString.Invariant($"has the scale {scale[0]:R}, by which no runtime can multiply"),
        _ => FormattableString.Invariant($"has a scale of {scale.Length} values from {scale.Min():R} to {scale.Max():R}; a config holds one"),
    };

    private static void RequireUnique(IEnumerable<string> names, string parameter)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (names.FirstOrDefault(name => !seen.Add(name)) is { } twice)
        {
            throw new ArgumentException($"{twice} is there twice.", parameter);
        }
    }
}
