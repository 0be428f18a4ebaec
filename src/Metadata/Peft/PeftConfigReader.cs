using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>Reads one config: each field, then what PEFT checks between fields.</summary>
internal sealed class PeftConfigReader(JsonObject json, FindingLog log, string fileName)
{
    private readonly ConfigFields _fields = new(json, fileName, log);

    public PeftConfig Read()
    {
        PeftConfig config = ReadBase();
        if (!config.IsLora)
        {
            return config;
        }

        config = ReadTargets(ReadNumbers(config)) with
        {
            Variants = new PeftVariantsReader(_fields).Read(),
            UnknownFields = [.. json.Members.Select(member => member.Key).Where(name => PeftFields.Find(name) is null)],
        };
        ReportUnknown(config);
        if (json["enable_lora"] is not (null or JsonNull))
        {
            log.Add(ConfigCodes.EnableLora.At(_fields.Subject("enable_lora"), $"is {ConfigFields.Show(json["enable_lora"]!)}"));
        }

        PeftConfigChecks.Report(config, log);
        return config;
    }

    private void ReportUnknown(PeftConfig config)
    {
        bool newer = config.Version is { } version && version.IsAtLeast(0, 22);
        string[] set = newer ? [.. config.UnknownFields.Where(name => IsSet(json[name]!))] : [];
        if (config.UnknownFields.Length > 0)
        {
            log.Add(ConfigCodes.UnknownField.At(fileName, $"PEFT 0.21 does not know {Listed(config.UnknownFields)}"));
        }

        if (set.Length > 0)
        {
            log.Add(ConfigCodes.NewerField.At(fileName, $"PEFT {config.Version} set {Listed(set)}"));
        }

        static string Listed(IReadOnlyCollection<string> names) =>
            NameList.Of(names.Select(ConfigFields.Shorten), most: 20);

        static bool IsSet(JsonValue value) => value is not (JsonNull or JsonBoolean { Value: false } or JsonNumber { Value: 0 } or JsonString { Value: "" }
            or JsonArray { Items.Length: 0 } or JsonObject { Members.Length: 0 });
    }

    private PeftConfig ReadBase()
    {
        _fields.ReadBoolean("inference_mode", out _, nullable: true);
        string? task = OptionalString("task_type");
        if (task is not null && !PeftTypes.Tasks.Contains(task))
        {
            log.Add(ConfigCodes.TaskTypeUnknown.At(_fields.Subject("task_type"), $"is {ConfigFields.Show(json["task_type"]!)}"));
            task = null;
        }

        _fields.ReadObject("auto_mapping", out _, nullable: true);
        PeftVersion? version = null;
        if (OptionalString("peft_version") is { } text && !PeftVersion.TryParse(text, out version))
        {
            log.Add(ConfigCodes.VersionUnreadable.At(_fields.Subject("peft_version"), $"is {ConfigFields.Show(json["peft_version"]!)}"));
        }

        return new PeftConfig
        {
            FileName = fileName,
            Source = json,
            PeftType = ReadPeftType(),
            TaskType = task,
            BaseModel = OptionalString("base_model_name_or_path") is { Length: > 0 } name ? name : null,
            Revision = OptionalString("revision"),
            Version = version,
        };
    }

    private string ReadPeftType()
    {
        ConfigPlace subject = _fields.Subject("peft_type");
        if (json["peft_type"] is not (null or JsonNull))
        {
            if (_fields.ReadString("peft_type", out string type) != FieldOutcome.Ok || PeftTypes.All.Contains(type))
            {
                return type;
            }

            bool lora = string.Equals(type, PeftTypes.Lora, StringComparison.OrdinalIgnoreCase);
            log.Add((lora ? ConfigCodes.PeftTypeAssumed : ConfigCodes.PeftTypeUnknown).At(subject, $"is {ConfigFields.Show(json["peft_type"]!)}"));
            return lora ? PeftTypes.Lora : string.Empty;
        }

        // AdaLoRA has these fields too, but with init_r beside them.
        bool isLora = (json.Contains("r") || json.Contains("lora_alpha")) && !json.Contains("init_r");
        log.Add((isLora ? ConfigCodes.PeftTypeAssumed : ConfigCodes.PeftTypeMissing).At(subject, isLora ? "is missing beside r or lora_alpha" : "is missing"));
        return isLora ? PeftTypes.Lora : string.Empty;
    }

    private PeftConfig ReadNumbers(PeftConfig config)
    {
        FieldOutcome rankOutcome = _fields.ReadInteger("r", int.MinValue, out int rank, nullable: true);
        if (rankOutcome is FieldOutcome.Missing or FieldOutcome.Null)
        {
            log.Add(
                ConfigCodes.RankAssumed.At(
                    _fields.Subject("r"),
                    $"is {(rankOutcome == FieldOutcome.Null ? "null, which PEFT refuses" : "missing")}; {PeftConfig.DefaultRank} is assumed"));
        }
        else if (rankOutcome.HasValue() && rank <= 0)
        {
            log.Add(ConfigCodes.RankNotPositive.At(_fields.Subject("r"), $"is {rank}"));
        }

        FieldOutcome alphaOutcome = _fields.ReadNumber("lora_alpha", out double alpha);
        if (alphaOutcome == FieldOutcome.Missing)
        {
            log.Add(ConfigCodes.AlphaAssumed.At(_fields.Subject("lora_alpha"), $"is missing; PEFT 0.21 takes {PeftConfig.DefaultAlpha}, which is assumed"));
        }
        else if (alphaOutcome.HasValue() && alpha <= 0)
        {
            log.Add(ConfigCodes.AlphaZero.At(_fields.Subject("lora_alpha"), $"is {ConfigFields.Show(json["lora_alpha"]!)}"));
        }

        double? dropout = PeftDropout.Of(json);
        if (dropout is null)
        {
            log.Add(PeftDropout.Unusable(_fields.Subject(PeftDropout.Field), json[PeftDropout.Field]!));
        }
        else
        {
            _fields.ReadNumber(PeftDropout.Field, out _, nullable: true);
        }

        _fields.ReadBoolean("use_rslora", out bool rslora, nullable: true);
        _fields.ReadBoolean("fan_in_fan_out", out bool transposed, nullable: true);
        return config with
        {
            Rank = rankOutcome.HasValue() && rank > 0 ? rank : PeftConfig.DefaultRank,
            Alpha = alphaOutcome.HasValue() ? alpha : PeftConfig.DefaultAlpha,
            Dropout = dropout ?? 0,
            UseRslora = rslora,
            FanInFanOut = transposed,
            Bias = ReadBias(),
            RankPattern = ReadRankPattern(),
            AlphaPattern = ReadAlphaPattern(),
        };
    }

    private string ReadBias()
    {
        FieldOutcome outcome = _fields.ReadString("bias", out string bias);
        if (outcome == FieldOutcome.Ok && bias is not ("none" or "all" or "lora_only"))
        {
            log.Add(ConfigCodes.BiasUnknown.At(_fields.Subject("bias"), $"is {ConfigFields.Show(json["bias"]!)}"));
        }

        return outcome == FieldOutcome.Ok ? bias : "none";
    }

    private ImmutableArray<KeyValuePair<string, int>> ReadRankPattern()
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, int>>();
        ConfigFields pattern = _fields.ReadFields("rank_pattern");
        foreach ((string key, _) in pattern.Json.Members)
        {
            if (pattern.ReadInteger(key, int.MinValue, out int rank).HasValue())
            {
                if (rank <= 0)
                {
                    log.Add(ConfigCodes.RankNotPositive.At(pattern.Subject(key), $"is {rank}"));
                }

                entries.Add(new(key, rank));
            }
        }

        return entries.DrainToImmutable();
    }

    private ImmutableArray<KeyValuePair<string, double>> ReadAlphaPattern()
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, double>>();
        ConfigFields pattern = _fields.ReadFields("alpha_pattern");
        foreach ((string key, _) in pattern.Json.Members)
        {
            if (pattern.ReadNumber(key, out double alpha).HasValue())
            {
                if (alpha <= 0)
                {
                    log.Add(ConfigCodes.AlphaZero.At(pattern.Subject(key), $"is {ConfigFields.Show(pattern.Json[key]!)}"));
                }

                entries.Add(new(key, alpha));
            }
        }

        return entries.DrainToImmutable();
    }

    private PeftConfig ReadTargets(PeftConfig config)
    {
        FieldOutcome parameters = _fields.ReadStrings("target_parameters", out ImmutableArray<string> targetParameters, nullable: true);
        FieldOutcome layersOutcome = json["layers_to_transform"] is JsonNumber or JsonBoolean
            ? ReadOneLayer(out ImmutableArray<long> layers)
            : _fields.ReadIntegers("layers_to_transform", out layers, nullable: true);
        _fields.ReadStrings("modules_to_save", out ImmutableArray<string> saved, nullable: true);
        PeftInit? init = json["init_lora_weights"] is { } value ? PeftInit.Of(value) : PeftInit.Default;
        if (init is null)
        {
            _fields.ReportWrongType("init_lora_weights", "true, false or a string");
        }
        else if (!init.IsKnown)
        {
            log.Add(ConfigCodes.InitUnknown.At(_fields.Subject("init_lora_weights"), $"is {ConfigFields.Show(json["init_lora_weights"]!)}"));
        }

        bool hasParameters = parameters == FieldOutcome.Ok;
        return config with
        {
            TargetModules = ReadSelector(
                "target_modules", hasParameters ? PeftModuleSelector.None : PeftModuleSelector.ModelDefault, PeftModuleSelector.OfString),
            ExcludeModules = ReadSelector(
                "exclude_modules", PeftModuleSelector.None, text => text.Length == 0 ? PeftModuleSelector.None : PeftModuleSelector.OfPattern(text)),
            TargetParameters = hasParameters ? targetParameters : null,
            ModulesToSave = saved,
            LayersToTransform = layersOutcome.HasValue() && !layers.IsEmpty ? layers : null,
            LayersPattern = ReadLayersPattern(),
            Init = init ?? PeftInit.Default,
        };
    }

    private FieldOutcome ReadOneLayer(out ImmutableArray<long> layers)
    {
        FieldOutcome outcome = _fields.ReadInteger("layers_to_transform", out long layer);
        layers = outcome.HasValue() ? [layer] : [];
        return outcome;
    }

    private ImmutableArray<string> ReadLayersPattern()
    {
        if (json["layers_pattern"] is JsonString text)
        {
            return text.Value.Length == 0 ? [] : [text.Value];
        }

        _fields.ReadStrings("layers_pattern", out ImmutableArray<string> patterns, nullable: true);
        return patterns;
    }

    private PeftModuleSelector ReadSelector(string name, PeftModuleSelector whenNull, Func<string, PeftModuleSelector> ofString)
    {
        switch (json[name])
        {
            case null or JsonNull:
                return whenNull;
            case JsonString text:
                return ofString(text.Value);
            case var value when JsonFields.ReadStrings(value, out ImmutableArray<string> items) == FieldOutcome.Ok:
                return PeftModuleSelector.OfList(items);
            default:
                _fields.ReportWrongType(name, "a string or a list of strings");
                return whenNull;
        }
    }

    private string? OptionalString(string name) => _fields.ReadString(name, out string value, nullable: true) == FieldOutcome.Ok ? value : null;
}
