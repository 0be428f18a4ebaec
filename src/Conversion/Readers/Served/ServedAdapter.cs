using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Peft;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.Served;

/// <summary>What a PEFT folder means, for readers that take one scale for the whole adapter and read few of its fields.</summary>
internal sealed class ServedAdapter
{
    private readonly CheckContext _context;
    private readonly PeftInjection _injection;
    private readonly PeftPatternMatcher _patterns;

    private ServedAdapter(CheckContext context, PeftConfig config, PeftFile file, HfOutline? model)
    {
        _context = context;
        Config = config;
        File = file;
        Model = model;
        var budget = config.Patterns;
        _injection = new PeftInjection(config, model, budget);
        _patterns = new PeftPatternMatcher(config, budget);
    }

    public PeftConfig Config { get; }

    public PeftFile File { get; }

    public HfOutline? Model { get; }

    /// <summary>Reads the folder; <see langword="null"/> where patterns stand against it, with an error.</summary>
    public static ServedAdapter? Of(CheckContext context, JsonObject json, ITensorContainer raw)
    {
        PeftConfig config = PeftConfig.Parse(json, string.Empty).Value;
        PeftFile file = PeftFile.Of(raw, anyName: true);
        try
        {
            return new ServedAdapter(context, config, file, HfOutlines.For(context, [.. file.Modules.Select(pair => pair.Path)]));
        }
        catch (PythonRegexException pattern)
        {
            context.Report(CheckCodes.NotJudged, "target_modules or a pattern", pattern.Message);
            return null;
        }
    }

    /// <summary>Reports the modules that mean another scale than the reader takes for all.</summary>
    /// <param name="scale">The reader's scale.</param>
    /// <param name="why">Why they may differ.</param>
    public void CheckScale(double scale, string why)
    {
        if (!Config.IsLora)
        {
            _context.Report(CheckCodes.SettingIgnored, "peft_type",
                $"is not read, and it is {(Config.PeftType.Length == 0 ? "none that PEFT knows" : Config.PeftType)}, not LORA");
            return;
        }

        if (!float.IsFinite((float)scale))
        {
            _context.Report(
                CheckCodes.ScaleMisread, "lora_alpha", FormattableString.Invariant($"the scale is {scale:R}, so that the model computes infinity or NaN"));
            return;
        }

        if ((float)scale == 0)
        {
            _context.Report(CheckCodes.NoEffect, "lora_alpha", "the scale is 0, so that nothing is added to the model");
        }

        try
        {
            foreach (PeftModuleFactors pair in File.Modules.Where(pair => pair.A is not null || pair.B is not null))
            {
                foreach (double meant in ScalesOf(pair).Where(meant => !PeftScaling.AreEqual(meant, scale)).Take(1))
                {
                    _context.Report(CheckCodes.ScaleMisread, pair.Label, FormattableString.Invariant($"scale {scale:R} instead of {meant:R}: {why}"));
                }
            }
        }
        catch (PythonRegexException pattern)
        {
            _context.Report(CheckCodes.ScaleMisread, "rank_pattern or alpha_pattern",
                "a pattern could not be tried, and the reader does not read patterns: " + pattern.Message);
        }
    }

    /// <summary>Reports settings that change the maths and that these readers do not read.</summary>
    public void CheckSettings()
    {
        PeftVariants variants = Config.Variants;
        (string Field, bool IsOn)[] settings =
        [
            ("layer_replication", variants.LayerReplication is not null),
            ("alora_invocation_tokens", variants.AloraInvocationTokens is { Length: > 0 }),
            ("arrow_config", variants.ArrowConfig is not null),
            ("use_qalora", variants.UseQalora),
            ("use_bdlora", variants.BdLora is not null),
            ("kasa_config", variants.KasaConfig is not null),
        ];
        foreach ((string field, bool _) in settings.Where(setting => setting.IsOn))
        {
            _context.Report(CheckCodes.SettingIgnored, field, "is not read");
        }

        if (Config.Init.ChangesBase)
        {
            _context.Report(CheckCodes.BaseResidual, "init_lora_weights",
                $"{Config.Init.Name} changed the base weights in training; the adapter is added to the unchanged ones");
        }
    }

    /// <summary>The parameter that a pair adapts, or its module; several where it cannot be told.</summary>
    public IReadOnlyList<string> PathsOf(PeftModuleFactors pair)
    {
        try
        {
            return _injection.Bind(pair).Binding?.Candidates is { } candidates ? candidates : [pair.Path];
        }
        catch (PythonRegexException)
        {
            // These readers do not try patterns, so one that cannot be tried does not stop them.
            return [pair.Path];
        }
    }

    private IEnumerable<double> ScalesOf(PeftModuleFactors pair)
    {
        foreach (string path in PathsOf(pair))
        {
            (int stated, double alpha) = _patterns.Load(path);
            int rank = RankOf(pair, isPacked: path != pair.Path && path != pair.Path + ".weight") ?? stated;
            if (rank > 0)
            {
                yield return PeftScaling.ScaleOf(alpha, rank, Config.UseRslora);
            }
        }
    }

    // Tensors overrule the config.
    private int? RankOf(PeftModuleFactors pair, bool isPacked)
    {
        long? columns = pair is { A.Shape: { Rank: >= 2 } a, B.Shape: { Rank: >= 2 } b } && a[0] == b[1] ? a[0] : null;
        long? rank = !isPacked ? columns : Model?.ExpertCount is > 0 and { } experts && columns % experts == 0 ? columns / experts : null;
        return rank is > 0 and <= int.MaxValue ? (int)rank : null;
    }
}
