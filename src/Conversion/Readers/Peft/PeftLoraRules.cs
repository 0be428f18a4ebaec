using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>PEFT's factors: which go where, which are ignored, and which layers stay without any.</summary>
/// <param name="context">The check.</param>
/// <param name="config">The config as it stands.</param>
/// <param name="file">The tensors.</param>
/// <param name="model">The model, where it is known.</param>
internal sealed class PeftLoraRules(CheckContext context, PeftConfig config, PeftFile file, HfOutline? model)
{
    /// <summary>Checks all factors.</summary>
    /// <returns>The paths of modules and parameters that the file has factors for.</returns>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public IReadOnlySet<string> Check()
    {
        var bound = new HashSet<string>(StringComparer.Ordinal);
        if (model is null && file.Modules.IsEmpty)
        {
            // Neither the file nor a base shows a module.
            return bound;
        }

        if (!CheckPatterns() || PeftMixture.Convert(context, config, model) is not { } mixture || WithDefaults(mixture) is not { } converted)
        {
            return bound;
        }

        var budget = config.Patterns;
        var injection = new PeftInjection(converted, model, budget);
        var shapes = new PeftShapeRules(context, converted, new PeftPatternMatcher(converted, budget));
        (PeftModuleFactors Pair, string? Parameter)[] pairs =
            [.. file.Modules.Select(pair => (pair, model is null ? null : PeftExpertRules.ParameterOf(model, pair.Path)))];
        bool hasParameter = false, hasModule = false, hasExperts = false;
        foreach (PeftModuleFactors pair in pairs.Where(item => item.Parameter is null).Select(item => item.Pair))
        {
            if (ModulesBeside.Has(context, pair.Path))
            {
                context.Report(CheckCodes.NotJudged, pair.Path, ModulesBeside.Why);
                bound.Add(pair.Path);
                continue;
            }

            (PeftBinding? binding, string why) = injection.Bind(pair);
            if (binding is null)
            {
                context.Report(CheckCodes.TensorIgnored, pair.Label, $"unexpected keys are ignored: {why}");
                continue;
            }

            bound.Add(binding.Path);
            hasParameter |= binding.IsParameter;
            hasModule |= !binding.IsParameter;
            hasExperts |= binding.IsPacked;
            shapes.Check(pair, binding, model?.ExpertCount);
            CheckWhole(pair, binding);
        }

        if (model is not null && pairs.Any(item => item.Parameter is not null))
        {
            (PeftModuleFactors, string)[] experts = [.. pairs.Where(item => item.Parameter is not null).Select(item => (item.Pair, item.Parameter!))];
            new PeftExpertRules(context, config, converted, model, budget).Check(experts, injection);
            bound.UnionWith(experts.Select(item => item.Item2).Where(injection.TargetsParameter));
            hasParameter |= experts.Any(item => injection.TargetsParameter(item.Item2));
        }

        var coverage = new PeftCoverageRules(context, config, converted, model);
        bool targetsParameter = coverage.Check(injection, bound) || hasParameter;
        if (targetsParameter)
        {
            CheckParameterSettings(hasModule || coverage.Targeted.Any(path => model?.Find(path).Form == HfForm.Module));
        }

        string[] adapted = [.. bound.Union(coverage.Targeted)];
        new PeftInitRules(context, converted, model, new PeftPatternMatcher(converted, budget))
            .Check(adapted, hasExperts || adapted.Any(path => model?.Find(path).Form == HfForm.Packed));
        new PeftScaleRules(context, converted, budget).Check(adapted);
        return bound;
    }

    // PEFT asks both patterns for their keys, unless it made them itself for a mixture model.
    private bool CheckPatterns()
    {
        string[] missing =
            [.. new[] { "rank_pattern", "alpha_pattern" }.Where(field => config.Source[field] is JsonNull && !PeftMixture.Applies(config, model))];
        foreach (string field in missing)
        {
            context.Report(CheckCodes.FieldRefused, field, "AttributeError: 'NoneType' object has no attribute 'keys'");
        }

        return missing is [];
    }

    // Without target_modules PEFT takes its own for the model type, beside target_parameters too.
    private PeftConfig? WithDefaults(PeftConfig mixture)
    {
        if (mixture.TargetModules.Kind is not (PeftModuleSelectorKind.ModelDefault or PeftModuleSelectorKind.None) || context.ModelType is not { } modelType)
        {
            return mixture;
        }

        if (PeftDefaultTargets.Of(modelType) is { } defaults)
        {
            context.Report(CheckCodes.DefaultTaken, "target_modules",
                $"is missing; PEFT takes its own for {modelType}: {(defaults.Pattern.Length > 0 ? defaults.Pattern : string.Join(", ", defaults.Items))}");
            return mixture with { TargetModules = defaults };
        }

        if (mixture.TargetParameters is { Length: > 0 })
        {
            return mixture with { TargetModules = PeftModuleSelector.None };
        }

        context.Report(
            CheckCodes.FieldMissing, "target_modules", $"ValueError: Please specify target_modules or target_parameters; PEFT has no default for {modelType}");
        return null;
    }

    private void CheckWhole(PeftModuleFactors pair, PeftBinding binding)
    {
        if (pair.A is null != pair.B is null)
        {
            string which = pair.A is null ? "lora_B without lora_A: it is multiplied by a random lora_A" : config.Init.Name == "false"
                ? "lora_A without lora_B: it is multiplied by a random lora_B" : "lora_A without lora_B: lora_B stays zero, so the module has no effect";
            context.Report(CheckCodes.HalfPair, pair.Label, $"{which}; a warning names the missing key");
        }

        if (pair.Magnitude is not null && !config.Variants.UseDora)
        {
            context.Report(CheckCodes.DoraMisread, pair.Label, "lora_magnitude_vector is ignored, because use_dora is not true");
        }
        else if (pair.Magnitude is null && config.Variants.UseDora && !binding.IsParameter)
        {
            context.Report(CheckCodes.DoraMisread, pair.Label,
                "use_dora is true and lora_magnitude_vector is missing: it stays the norms of the base weight, so the adapted rows are scaled back to them");
        }
    }

    // The first linear layer corrects fan_in_fan_out in the config, before any parameter is wrapped.
    private void CheckParameterSettings(bool hasModule)
    {
        (string Field, bool IsOn)[] settings =
        [
            ("lora_dropout", (PythonNumbers.Number(config.Source["lora_dropout"]) ?? 0) != 0), ("use_dora", config.Variants.UseDora),
            ("lora_bias", config.Variants.LoraBias), ("fan_in_fan_out", config.FanInFanOut && !hasModule),
            ("velora_config", config.Variants.VeloraConfig is not null), ("kasa_config", config.Variants.KasaConfig is not null),
            ("monteclora_config", config.Variants.MontecloraConfig is not null),
            ("alora_invocation_tokens", config.Variants.AloraInvocationTokens is { Length: > 0 }), ("arrow_config", config.Variants.ArrowConfig is not null),
            ("use_bdlora", config.Variants.BdLora is not null),
        ];
        foreach ((string field, bool _) in settings.Where(setting => setting.IsOn))
        {
            context.Report(CheckCodes.MethodRefused, field,
                $"ValueError: lora.ParamWrapper does not work with {field}; parameters are targeted, by target_parameters or because PEFT packs experts");
        }
    }
}
