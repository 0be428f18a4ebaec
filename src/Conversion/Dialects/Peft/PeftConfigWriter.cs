using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Writes PEFT configs for adapters from elsewhere. Fields that older versions do not know are written only where the adapter needs them:
/// PEFT before 0.14 fails on unknown ones.
/// </summary>
internal static class PeftConfigWriter
{
    // The first PEFT whose layout of packed experts is the one that is written.
    private const string PackedLayoutVersion = "0.19.1";

    // The minor versions of PEFT 0 that first had what is written.
    private const int PackedMinor = 19;
    private const int TyingMinor = 18;
    private const int DoraMinor = 9;

    public static JsonObject Write(Adapter adapter, WriteContext context, FindingLog log)
    {
        PeftRankFields ranks = PeftRankWriter.Minimize(
            [.. adapter.Modules.Select(module => new PeftModuleSetting(module.FullPath, module.Rank, PeftScaling.AlphaFor(module.Scale, module.Rank)))]);
        string[] parameters = [.. adapter.Modules.Where(module => module.Parameter is not null).Select(module => module.FullPath)];
        string[] modules = [.. adapter.Modules.Where(module => module.Parameter is null).Select(module => module.Path.Text)];
        var fields = new SortedDictionary<string, JsonValue>(StringComparer.Ordinal)
        {
            ["bias"] = new JsonString("none"),
            ["fan_in_fan_out"] = JsonBoolean.False,
            ["inference_mode"] = JsonBoolean.True,
            ["init_lora_weights"] = JsonBoolean.True,
            ["lora_dropout"] = JsonNumber.Of(Dropout(adapter, parameters.Length > 0, log)),
            ["modules_to_save"] = JsonNull.Instance,
            ["peft_type"] = new JsonString("LORA"),
            ["target_modules"] = PeftTargetWriter.Write(modules),
            ["task_type"] = new JsonString(adapter.TaskType ?? "CAUSAL_LM"),
        };
        foreach ((string name, JsonValue value) in ranks.ToJson())
        {
            fields[name] = value;
        }

        if (adapter.Base is { } baseModel)
        {
            MlxBaseId.Report(baseModel.Id, new ConfigPlace(string.Empty, "base_model_name_or_path"), log);
            fields["base_model_name_or_path"] = new JsonString(baseModel.Id);
            if (baseModel.Revision is { } revision)
            {
                fields["revision"] = new JsonString(revision);
            }
        }

        if (adapter.Modules.Any(module => module.Kind == ModuleKind.PackedParameter))
        {
            // Readers tell the orientation of packed experts by it. PEFT knows target_parameters since 0.17 only, so no version that does fails on the field.
            fields["peft_version"] = new JsonString(PackedLayoutVersion);
        }

        if (parameters.Length > 0)
        {
            fields["target_parameters"] = JsonArray.Of(parameters);
        }

        if (adapter.HasMagnitudes)
        {
            fields["use_dora"] = JsonBoolean.True;
        }

        if (adapter.TiesEmbeddings)
        {
            fields["ensure_weight_tying"] = JsonBoolean.True;
        }

        // A config with fields of a version has all that this version writes, so that nobody takes one for lost.
        int minor = parameters.Length > 0 ? PackedMinor : adapter.TiesEmbeddings ? TyingMinor : adapter.HasMagnitudes ? DoraMinor : 0;
        foreach ((string name, JsonValue value) in PeftMissingFields.WrittenBy(minor))
        {
            fields.TryAdd(name, value);
        }

        return new JsonObject(fields);
    }

    /// <summary>
    /// The config of an adapter that stays in PEFT: as it was, in the form that PEFT takes, except where its ranks or alphas are not those of the modules.
    /// </summary>
    public static JsonObject Carry(Adapter adapter, FindingLog log)
    {
        JsonObject config = FiniteFields.Clear(PeftFieldForms.Apply(WithDropout(adapter.SourceConfig)), log);

        // PEFT's form sorts keys, and of several patterns that match a module the first counts.
        PeftConfig parsed = PeftConfig.Parse(PythonJson.ParseObject(PythonJson.Write(config, PythonJsonStyle.Peft), string.Empty), string.Empty).Value;
        if (!parsed.IsLora || parsed.Variants.BdLora is not null || adapter.Modules.IsEmpty)
        {
            return config;
        }

        var patterns = new PeftPatternMatcher(parsed, parsed.Patterns);
        if (adapter.Modules.All(module => patterns.Load(module.FullPath) is var (rank, alpha) && rank == module.Rank
            && PeftScaling.ScaleOf(alpha, rank, parsed.UseRslora) == module.Scale))
        {
            return config;
        }

        PeftRankFields ranks = PeftRankWriter.Minimize(
            [.. adapter.Modules.Select(
                module => new PeftModuleSetting(module.FullPath, module.Rank, PeftScaling.AlphaFor(module.Scale, module.Rank, parsed.UseRslora)))]);
        var fields = new SortedDictionary<string, JsonValue>(
            config.Members.ToDictionary(), StringComparer.Ordinal) { ["rank_pattern"] = JsonObject.Empty, ["alpha_pattern"] = JsonObject.Empty };
        foreach ((string name, JsonValue value) in ranks.ToJson())
        {
            fields[name] = value;
        }

        return new JsonObject(fields);
    }

    // A dropout that PEFT refuses was named when it was read, and taken as 0.
    private static JsonObject WithDropout(JsonObject config) => PeftDropout.Of(config) is not null
        ? config
        : new JsonObject([.. config.Members.Select(member => member.Key == PeftDropout.Field ? new(member.Key, JsonNumber.Of(0.0)) : member)]);

    private static double Dropout(Adapter adapter, bool hasParameters, FindingLog log)
    {
        double dropout = adapter.Modules.Max(module => module.Dropout);
        if (dropout == 0 || !hasParameters)
        {
            return dropout;
        }

        log.Add(TargetCodes.DropoutCleared.At("lora_dropout", $"{dropout:R} became 0"));
        return 0;
    }
}
