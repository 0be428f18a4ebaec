using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Stages;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>Finds the weights that an adapter changes otherwise than by a low-rank product: whole modules, biases, rows of tokens, IA3's factors.</summary>
internal sealed class OtherPlacement(Adapter adapter, WeightLookup lookup, ArchitectureMap? map, TiedWeights tied, Run run)
{
    private const string BaseLayer = ".base_layer";
    private const string Ia3 = ".ia3_l";
    private const string LoraBias = ".lora_B.bias";
    private const string TokenRows = ".token_adapter.trainable_tokens_delta";

    /// <summary>The changes; what has no place is named in a finding.</summary>
    public IEnumerable<PlacedStage> Place()
    {
        foreach (OtherTensor tensor in adapter.OtherTensors)
        {
            IEnumerable<PlacedStage> placed = tensor.Kind switch
            {
                OtherTensorKind.WholeModule or OtherTensorKind.BaseBias or OtherTensorKind.SavedEmbedding => Replaced(tensor),
                OtherTensorKind.LoraBias => AddedBias(tensor),
                OtherTensorKind.TokenRows => Rows(tensor),
                OtherTensorKind.MethodParameter => Scaled(tensor),
                OtherTensorKind.TrainingState => Unused(tensor),
                _ => Refused(tensor),
            };
            foreach (PlacedStage stage in placed)
            {
                yield return stage;
            }
        }
    }

    private IEnumerable<PlacedStage> Replaced(OtherTensor tensor)
    {
        string path = tensor.Path.Replace(BaseLayer, string.Empty, StringComparison.Ordinal);
        string what = tensor.Kind == OtherTensorKind.BaseBias ? "bias replaced" : "replaced";
        foreach ((string name, LazyTensor value) in InBase(tensor, path, tensor.Tensor))
        {
            if (ShapeOf(name) != value.Shape && IsOtherVocabulary(name, value.Shape))
            {
                lookup.Resize(tied.SourceOf(name), value.Shape[0]);
            }

            if (ShapeOf(name) != value.Shape)
            {
                run.Log.Add(FusionCodes.WeightShape.At(tensor.SourceName, $"is {value.Shape}, but {name} is {ShapeOf(name)}"));
            }
            else if (!value.DType.IsFactorFloat())
            {
                run.Log.Add(FusionCodes.WeightForm.At(tensor.SourceName, $"is {value.DType.SafetensorsName()}, by which {name} cannot be replaced"));
            }
            else
            {
                yield return new PlacedStage(name, new ReplaceStage(value, what) { IsOfBase = tensor.Kind == OtherTensorKind.SavedEmbedding });
            }
        }
    }

    private IEnumerable<PlacedStage> AddedBias(OtherTensor tensor)
    {
        string module = tensor.Path.Replace(BaseLayer, string.Empty, StringComparison.Ordinal)[..^LoraBias.Length];
        if (adapter.Modules.FirstOrDefault(candidate => candidate.Path.Text == module) is not { } owner)
        {
            return Refused(tensor);
        }

        if (lookup.Layout == ModelLayout.HuggingFace && lookup.Find(module + ".bias") is null)
        {
            run.Log.Add(FusionCodes.BiasMissing.At(tensor.SourceName, $"the base has no {module}.bias"));
            return [];
        }

        return InBase(tensor, module + ".bias", tensor.Tensor).Where(pair => Fits(tensor, pair))
            .Select(pair => new PlacedStage(pair.Name, new AddStage(pair.Value, owner.Scale)));
    }

    private IEnumerable<PlacedStage> Rows(OtherTensor tensor)
    {
        string module = tensor.Path.Replace(BaseLayer, string.Empty, StringComparison.Ordinal)[..^TokenRows.Length];
        if (Indices(module) is not { } indices)
        {
            run.Log.Add(FusionCodes.TokenRows.At(tensor.SourceName, "the config's trainable_token_indices do not say which tokens its rows are for"));
            yield break;
        }

        foreach ((string name, LazyTensor value) in InBase(tensor, module + ".weight", tensor.Tensor))
        {
            TensorShape shape = ShapeOf(name);
            bool fits = shape.Rank == 2 && value.Shape == new TensorShape(indices.Length, shape[1]) && indices.All(index => index >= 0 && index < shape[0])
                && indices.Distinct().Count() == indices.Length;
            if (fits)
            {
                yield return new PlacedStage(name, new RowsStage(indices, value));
            }
            else
            {
                run.Log.Add(FusionCodes.TokenRows.At(
                    tensor.SourceName, $"is {value.Shape} for {indices.Length} tokens up to {indices.DefaultIfEmpty(-1).Max()}, but {name} is {shape}"));
            }
        }
    }

    // (out, 1) scales the output and so the bias too, (1, in) of a feed-forward module the input (PEFT 0.21, ia3/layer.py).
    private IEnumerable<PlacedStage> Scaled(OtherTensor tensor)
    {
        string path = Canonical(tensor.Path);
        if (adapter.Method != "IA3" || !path.EndsWith(Ia3, StringComparison.Ordinal) || tensor.Tensor.Shape.Rank != 2 || !tensor.Tensor.DType.IsFactorFloat())
        {
            bool isWhole = adapter.Method == "IA3" && !path.Contains("ia3_", StringComparison.Ordinal);
            foreach (PlacedStage replaced in isWhole ? Replaced(tensor with { Path = path }) : Refused(tensor))
            {
                yield return replaced;
            }

            yield break;
        }

        string module = path[..^Ia3.Length];
        LazyTensor factors = tensor.Tensor.Reshape(new TensorShape(tensor.Tensor.Shape.ElementCount));
        bool actsOnInput = tensor.Tensor.Shape[0] == 1 && tensor.Tensor.Shape[1] != 1;
        foreach ((string name, LazyTensor value) in InBase(tensor, module + ".weight", actsOnInput ? null : factors, factors))
        {
            TensorShape shape = ShapeOf(name);
            bool isTransposed = lookup.IsTransposed(name) ?? (shape.Rank == 2 && shape[actsOnInput ? 1 : 0] != value.Shape[0]);
            bool byColumn = actsOnInput != isTransposed;
            if (shape.Rank == 2 && shape[byColumn ? 1 : 0] == value.Shape[0])
            {
                yield return new PlacedStage(name, new ScaleStage(value, byColumn));
            }
            else
            {
                run.Log.Add(FusionCodes.WeightShape.At(tensor.SourceName, $"is {tensor.Tensor.Shape}, but {name} is {shape}"));
            }
        }

        if (!actsOnInput && HasBias(module))
        {
            foreach ((string name, LazyTensor value) in InBase(tensor, module + ".bias", factors).Where(pair => Fits(tensor, pair)))
            {
                yield return new PlacedStage(name, new ScaleStage(value, byColumn: true));
            }
        }
    }

    private IEnumerable<PlacedStage> Unused(OtherTensor tensor)
    {
        run.Log.Add(TensorCodes.TrainingState.At(tensor.SourceName, "has no part in the merged weights"));
        return [];
    }

    private IEnumerable<PlacedStage> Refused(OtherTensor tensor)
    {
        run.Log.Add(TensorCodes.UnknownTensor.At(tensor.SourceName, $"{tensor.Tensor.DType.SafetensorsName()} {tensor.Tensor.Shape} cannot be merged"));
        return [];
    }

    private bool Fits(OtherTensor tensor, (string Name, LazyTensor Value) pair)
    {
        if (ShapeOf(pair.Name) == pair.Value.Shape)
        {
            return true;
        }

        run.Log.Add(FusionCodes.WeightShape.At(tensor.SourceName, $"is {tensor.Tensor.Shape}, but {pair.Name} is {ShapeOf(pair.Name)}"));
        return false;
    }

    // PEFT saves embedding and head whole where the model was resized for other tokens.
    private bool IsOtherVocabulary(string name, TensorShape shape) =>
        (name == tied.Embedding || name == tied.Head)
        && ShapeOf(name) is { Rank: 2 } own
        && shape is { Rank: 2, ElementCount: > 0 }
        && shape[0] <= int.MaxValue
        && shape[1] == own[1];

    private bool HasBias(string module) => lookup.Find(module + ".bias") is not null
        || (lookup.Layout == ModelLayout.Mlx && map?.MapTensor(module + ".bias").Targets.Any(target => lookup.Find(target.Name) is not null) == true);

    /// <summary>The tensors of the base that a parameter of the adapter stands for, with the values as they lie there.</summary>
    /// <param name="tensor">The adapter's tensor.</param>
    /// <param name="path">The parameter.</param>
    /// <param name="byRow">Values that go the way of the parameter's rows; <see langword="null"/> where they are the same for all.</param>
    /// <param name="same">Values that are the same for all parts.</param>
    private IEnumerable<(string Name, LazyTensor Value)> InBase(OtherTensor tensor, string path, LazyTensor? byRow, LazyTensor? same = null)
    {
        if (Find(path) is { } own && (lookup.Layout == adapter.Layout || map is null || IsWhole(path)))
        {
            return [(own, byRow ?? same!)];
        }

        if (lookup.Layout != ModelLayout.Mlx || adapter.Layout != ModelLayout.HuggingFace || map is null)
        {
            run.Log.Add(FusionCodes.WeightMissing.At(tensor.SourceName, $"the base has no {path}"));
            return [];
        }

        TensorMapping mapping = map.MapTensor(path);
        var parts = new List<(string Name, LazyTensor Value)>();
        foreach (TensorTarget target in mapping.Targets)
        {
            if (lookup.Find(target.Name) is not { } name)
            {
                run.Log.Add(FusionCodes.WeightMissing.At(tensor.SourceName, $"the base has no {target.Name}"));
            }
            else if ((byRow is null ? same : Follow(byRow, target.Steps)) is not { } value || target.Steps.Any(step => step is ModuleStep.StackExpert))
            {
                run.Log.Add(FusionCodes.NoCounterpart.At(tensor.SourceName, $"{path} is part of {name}, or changed, in the base"));
            }
            else
            {
                parts.Add((name, value));
            }
        }

        if (mapping.Targets.IsEmpty)
        {
            run.Log.Add(FusionCodes.WeightMissing.At(tensor.SourceName, $"the base has no {path}"));
        }

        return parts;
    }

    // A tied head has no tensor of its own.
    private string? Find(string path) => tied is { IsTied: true, Head: { } head }
        && path == WeightLookup.ModuleOf(path) + ".weight"
        && tied.RoleOf(WeightLookup.ModuleOf(path)) == ModuleRole.Head
        ? head
        : lookup.Find(path);

    private TensorShape ShapeOf(string name) => lookup.ShapeOf(tied.SourceOf(name));

    private bool IsWhole(string path) => map!.MapTensor(path).Targets is [{ Steps: [] or [ModuleStep.Pack { Layout: PackedLayout.OutIn }] }] or [];

    // Values that lie along the rows of a weight are its bias to the steps: where it is turned around they stay as they are.
    private static LazyTensor? Follow(LazyTensor tensor, ImmutableArray<ModuleStep> steps)
    {
        bool isRow = tensor.Shape.Rank < 2;
        ModuleStep[] taken = [.. steps.Where(step => !isRow || step is not (ModuleStep.Transpose or ModuleStep.Pack))];
        return taken.All(step => step is ModuleStep.Transpose or ModuleStep.Pack or ModuleStep.SelectRows)
            && StepsOnExtents.Apply(taken, [.. tensor.Shape.Dimensions], isRow) is not null
            ? StepsOnTensor.Apply(tensor, taken, isRow)
            : null;
    }

    // The list of the config that belongs to a module; a plain list is the input embedding's.
    private ImmutableArray<long>? Indices(string module)
    {
        JsonValue? stated = adapter.SourceConfig["trainable_token_indices"] switch
        {
            JsonObject byModule => byModule.Members.FirstOrDefault(member => module.EndsWith(member.Key, StringComparison.Ordinal)).Value,
            var list => list,
        };
        return stated is not null && JsonFields.ReadIntegers(stated, out ImmutableArray<long> indices).HasValue() ? indices : null;
    }

    private static string Canonical(string name)
    {
        const string Prefix = "base_model.model.";
        return name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
    }
}
