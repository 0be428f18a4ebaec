using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Conversion.Readers.MlxLm;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.Unsloth;

/// <summary>
/// Unsloth on MLX (unsloth-zoo 2026.8, <c>FastMLXModel.from_pretrained</c>): wraps exactly the listed paths and refuses whatever does not bind; without paths
/// it calls mlx-lm.
/// </summary>
internal sealed class UnslothReader() : Reader(TargetProfile.Unsloth)
{
    public override IEnumerable<string?> RootsOf(Architecture architecture) => [architecture.Layers.Mlx, architecture.Layers.MlxVlm];

    /// <summary>What mlx-lm wraps, which is called where the folder lists no module paths.</summary>
    public override LayerReach Reach(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora, Architecture? architecture) =>
        MlxLmReader.Follow(keys, numLayers, outline, isDora);

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig("the folder is no adapter without adapter_config.json") is not { } config)
        {
            return;
        }

        JsonValue? baseId = config["base_model_name_or_path"];
        if (!PythonNumbers.IsTrue(baseId))
        {
            context.Report(
                CheckCodes.NotTakenForAdapter, "base_model_name_or_path", "is missing or empty, so the folder is taken for a whole model, not for an adapter");
            return;
        }

        if (baseId is not JsonString)
        {
            context.Report(CheckCodes.FieldRefused, "base_model_name_or_path", $"is {baseId!.Kind}, which names no base to load");
            return;
        }

        UnslothBaseRules.Check(context, config);
        if (DialectFields.IsPeft(config))
        {
            context.Report(CheckCodes.OtherDialect, AdapterFiles.Config,
                "RuntimeError: failed to load the LoRA adapter: no attribute 'num_layers'; this is a PEFT folder");
            return;
        }

        if (context.OpenWeights("RuntimeError: adapters.safetensors, the only file that it looks for, does not exist", AdapterFiles.MlxWeights) is not { } raw)
        {
            return;
        }

        ImmutableArray<string> paths = PathsOf(config[MlxTopology.Field]);
        if (paths.IsEmpty)
        {
            CheckWholeExperts(context, MlxTensors.Of(raw.Tensors));
            MlxLmReader.CheckTensors(context, config, raw);
        }
        else
        {
            MlxFactorRules.CheckDTypes(context, raw);
            CheckPaths(context, config, paths, MlxTensors.Of(raw.Tensors));
        }
    }

    private void CheckPaths(CheckContext context, JsonObject config, ImmutableArray<string> paths, MlxTensors tensors)
    {
        ModelOutline model = MlxOutlines.For(context, tensors, RootsOf);
        Dictionary<string, MlxPair> pairs = tensors.Pairs.ToDictionary(pair => pair.Path, StringComparer.Ordinal);
        foreach (string path in paths.Where(path => pairs.GetValueOrDefault(path) is not { A: not null, B: not null }))
        {
            context.Report(CheckCodes.TensorRefused, path,
                $"RuntimeError: refusing to load a partial adapter: {MlxTopology.Field} names it, and the file has no complete pair for it");
        }

        bool isDora = string.Equals((config["fine_tune_type"] as JsonString)?.Value, "dora", StringComparison.OrdinalIgnoreCase);
        if (RankOf(context, config, pairs.GetValueOrDefault(paths[0])) is not { } rank)
        {
            return;
        }

        var listed = paths.ToHashSet(StringComparer.Ordinal);
        foreach (MlxPair pair in tensors.Pairs)
        {
            CheckPair(context, pair, model, listed.Contains(pair.Path), rank, isDora);
        }

        foreach (NamedTensor other in tensors.Others)
        {
            CheckOther(context, other, model);
        }
    }

    private static void CheckPair(CheckContext context, MlxPair pair, ModelOutline model, bool isListed, long rank, bool isDora)
    {
        ModelSlot place = model.Find(pair.Path);
        if (!isListed || !place.CanBeWrapped)
        {
            string why = !isListed ? $"{MlxTopology.Field} does not name it" : place.State == SlotState.Absent ? "the model has no such module"
                : $"it is {place.What}";
            context.Report(CheckCodes.TensorRefused, pair.Path, $"RuntimeError: {pair.Names}: saved LoRA tensors are missing in the live model: {why}");
            return;
        }

        // Experts stay LoRA beside DoRA modules.
        bool hasMagnitude = isDora && place.Kind != TargetKind.Switch;
        foreach ((string name, LazyTensor tensor, string expected) in FactorShapes.Misfits(pair, place, rank)
            .Where(misfit => hasMagnitude || misfit.Name != "m"))
        {
            context.Report(CheckCodes.ShapeRefused, $"{pair.Path}.{name}", $"RuntimeError: saved {tensor.Shape}, but the wrapper has {expected}");
        }

        if (pair.M is not null && !hasMagnitude)
        {
            context.Report(
                CheckCodes.TensorRefused, pair.Path + ".m", "RuntimeError: saved LoRA tensors are missing in the live model: the module is wrapped as LoRA");
        }
        else if (pair.M is null && hasMagnitude)
        {
            MlxFactorRules.CheckWhole(context, pair, isDora: true);
        }
    }

    private static void CheckOther(CheckContext context, NamedTensor other, ModelOutline model)
    {
        string[] segments = other.Name.Split('.');
        bool isFactor = segments is [.., "lora_a" or "lora_b" or "lora_A" or "lora_B" or "lora_embedding_a" or "lora_embedding_b", "weight"]
            or [.., "lora_A" or "lora_B" or "lora_embedding_a" or "lora_embedding_b"];
        bool isMagnitude = segments is [_, .., "m"] or [_, .., "m", "weight"];
        if (isFactor || (isMagnitude && model.HasParameter(other.Name) == false))
        {
            context.Report(
                CheckCodes.TensorRefused, other.Name, "RuntimeError: saved LoRA tensors are missing in the live model: wrappers have lora_a and lora_b");
        }
        else
        {
            LooseTensorRules.CheckOther(context, other.Name, model);
        }
    }

    // Without paths incomplete experts are found before mlx-lm is called.
    private static void CheckWholeExperts(CheckContext context, MlxTensors tensors)
    {
        foreach (MlxPair pair in tensors.Pairs.Where(pair => (pair.A ?? pair.B)!.Shape.Rank == 3 && (pair.A is null || pair.B is null)))
        {
            context.Report(CheckCodes.TensorRefused, pair.Path,
                "RuntimeError: saved Switch LoRA path has an incomplete A/B tensor pair; refusing to load a partial adapter");
        }
    }

    private static long? RankOf(CheckContext context, JsonObject config, MlxPair? first)
    {
        JsonObject parameters = config["lora_parameters"] as JsonObject ?? JsonObject.Empty;
        JsonValue? stated = parameters.Contains("rank") ? parameters["rank"] : config["rank"];
        double?[] numbers = [.. new[] { stated, Or("scale"), Or("dropout") }.Select(ToNumber)];
        if (numbers.Any(number => number is null))
        {
            context.Report(CheckCodes.FieldRefused, "lora_parameters", "ValueError: adapter_config.json has invalid LoRA rank/scale/dropout metadata");
            return null;
        }

        if (Or("scale") is null or JsonNull)
        {
            context.Report(CheckCodes.DefaultTaken, "scale", "is missing; 1 is taken");
        }
        else if (numbers[1] is { } scale)
        {
            ScaleRange.Check(context, "lora_parameters.scale", scale);
        }

        return stated is null or JsonNull ? RankFromTensors(first) : (long)numbers[0]!.Value;

        JsonValue? Or(string name) => parameters.Contains(name) ? parameters[name] : config[name];
    }

    private static long? RankFromTensors(MlxPair? first) => (first?.A?.Shape.Rank, first?.B?.Shape.Rank) switch
    {
        ( >= 3, _) => first!.A!.Shape[^2],
        (2, 3) => first!.B!.Shape[^1],
        (2, _) => first!.A!.Shape[^1],
        _ => null,
    };

    // Python's int() and float(): numbers, booleans, and strings that read as numbers; what is missing has a default.
    private static double? ToNumber(JsonValue? value) => value switch
    {
        null or JsonNull => 0,
        JsonString text => double.TryParse(
            text.Value, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double number) ? number : null,
        _ => PythonNumbers.Number(value),
    };

    private static ImmutableArray<string> PathsOf(JsonValue? value) => value switch
    {
        JsonString { Value.Length: > 0 } text => [text.Value],
        JsonArray list => [.. list.OfType<JsonString>().Select(item => item.Value).Where(path => path.Length > 0)],
        JsonObject members => [.. members.Members.SelectMany(member => PathsOf(member.Value))],
        _ => [],
    };
}
