using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Makes modules of pairs of factors: checks shapes, finds rank, scale and, for packed experts, the parameter.</summary>
internal sealed class PeftModuleReader(PeftConfig config, FindingLog log)
{
    private const string ModelRoot = "model.";

    private readonly PeftPatternMatcher _patterns = new(config, config.Patterns);

    private readonly PeftParameterIndex _parameters = new(config.TargetParameters ?? []);

    // A pattern among the targets need not be usable: the tensors tell what is adapted.
    private readonly Lazy<PeftTargetMatcher> _targets = new(() => new PeftTargetMatcher(config, config.Patterns));

    /// <summary>The modules, and how sure the alpha of each pair is.</summary>
    public (ImmutableArray<AdapterModule> Modules, ImmutableArray<PeftPatternVerdict> Verdicts) Read(ImmutableArray<PeftModuleFactors> factors)
    {
        try
        {
            // Alphas are resolved for all modules together: one version of PEFT read all patterns, and the tensors' ranks tell which.
            Pair[] pairs =
            [
                .. ReadAll(factors).OfType<Pair>()
                    .OrderBy(pair => pair.Path).ThenBy(pair => pair.Parameter, StringComparer.Ordinal),
            ];
            ImmutableArray<PeftPatternVerdict> verdicts =
                PeftPatternResolver.Resolve(_patterns, [.. pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Rank))]);
            ImmutableArray<AdapterModule> modules = [.. pairs.Zip(verdicts, ToModule).OfType<AdapterModule>()];
            CheckUse([.. modules.Select(module => module.FullPath)], areAll: modules.Length == factors.Length);
            return (modules, verdicts);
        }
        catch (PythonRegexException unusable)
        {
            log.Add(unusable.ToFinding(config.FileName));
            return ([], []);
        }
    }

    private sealed record Pair(PeftModuleFactors Factors, ModulePath Path, string? Parameter, int Rank, bool IsPacked)
    {
        public string Name => Parameter is null ? Factors.Path : $"{Factors.Path}.{Parameter}";
    }

    private AdapterModule? ToModule(Pair pair, PeftPatternVerdict verdict)
    {
        (LazyTensor a, LazyTensor b) = (pair.Factors.A!, pair.Factors.B!);
        var module = new AdapterModule
        {
            SourcePath = pair.Name,
            Path = pair.Path,
            Parameter = pair.Parameter,
            Kind = pair.Factors.IsEmbedding ? ModuleKind.Embedding : pair.IsPacked ? ModuleKind.PackedParameter : a.Shape.Rank > 2 ? ModuleKind.Convolution
                : ModuleKind.Linear,
            A = a,
            B = b,
            Rank = pair.Rank,
            Scale = PeftScaling.ScaleOf(verdict.Alpha, pair.Rank, config.UseRslora),
            Dropout = config.Dropout,
        };
        return pair.Factors.Magnitude is null ? module : WithMagnitude(module, pair.Factors.Magnitude);
    }

    // A prefix that was cut off the tensors' names takes the effect from patterns that name whole paths; where not all modules are there, a pattern may be for
    // the others.
    private void CheckUse(string[] paths, bool areAll)
    {
        (string Field, string[] Idle, string[] Rooted)[] patterns =
            [Unused("rank_pattern", _patterns.UnusedRankKeys), Unused("alpha_pattern", _patterns.UnusedAlphaKeys)];
        foreach ((string field, _, string[] rooted) in patterns)
        {
            foreach (string key in rooted)
            {
                log.Add(ConfigCodes.PatternRoot.At(new ConfigPlace(config.FileName, field),
                    $"{ConfigFields.Shorten(key)} matches none of the modules, such as {paths[0]}, but would if they began with {ModelRoot}"));
            }
        }

        if (!areAll || patterns.Any(pattern => pattern.Rooted.Length > 0))
        {
            return;
        }

        foreach ((string field, string[] idle, _) in patterns.Where(pattern => pattern.Idle.Length > 0))
        {
            log.Add(ConfigCodes.PatternUnused.At(
                new ConfigPlace(config.FileName, field), $"no module matches {NameList.Of(idle.Select(ConfigFields.Shorten))}"));
        }

        (string Field, string[] Idle, string[] Rooted) Unused(string field, Func<IReadOnlyCollection<string>, ImmutableArray<string>> unusedBy)
        {
            ImmutableArray<string> idle = unusedBy(paths);
            return (field, [.. idle], idle.IsEmpty ? [] : [.. idle.Except(unusedBy([.. paths.Select(path => ModelRoot + path)]), StringComparer.Ordinal)]);
        }
    }

    // The factors are sorted by path, so that those of one path stand side by side.
    private IEnumerable<Pair?> ReadAll(ImmutableArray<PeftModuleFactors> factors)
    {
        for (int first = 0, end; first < factors.Length; first = end)
        {
            for (end = first + 1; end < factors.Length && factors[end].Path == factors[first].Path;)
            {
                end++;
            }

            if (end == first + 1 && factors[first].Nesting == 0)
            {
                yield return Read(factors[first], 1);
                continue;
            }

            foreach (Pair? pair in ReadNested(factors[first].Path, factors[first..end]))
            {
                yield return pair;
            }
        }
    }

    // The pairs of one path. Parameters are told apart by how deep they are nested; a Linear module has one pair, at whatever depth.
    private IEnumerable<Pair?> ReadNested(string path, ImmutableArray<PeftModuleFactors> pairs)
    {
        int depths = pairs.Max(pair => pair.Nesting) + 1;
        if (depths == 1 || IsParameter(path) || PeftParameterTargets.IsExperts(path))
        {
            return pairs.Select(pair => Read(pair, depths));
        }

        if (pairs is [var only])
        {
            log.Add(TensorCodes.NestedPair.At(only.Label, "holds the only pair of the module and was read as its own"));
            return [Read(only.WithoutNesting(), 1)];
        }

        log.Add(TensorCodes.StackedPairs.At(path, $"has pairs under {string.Join(", ", pairs.Select(pair => pair.Label))}"));
        return [];
    }

    private Pair? Read(PeftModuleFactors factors, int depths)
    {
        if (factors is not { A: { } a, B: { } b })
        {
            log.Add(TensorCodes.HalfPair.At(factors.Label, $"has {Present(factors)} but not the pair of lora_A and lora_B"));
            return null;
        }

        if (!ModulePath.TryParse(factors.Path, out ModulePath path))
        {
            log.Add(TensorCodes.BadPath.At(factors.Label.Length == 0 ? "(no path)" : factors.Label, "is not the path of a module"));
            return null;
        }

        if (!a.DType.IsFactorFloat() || !b.DType.IsFactorFloat())
        {
            log.Add(TensorCodes.NotFloat.At(factors.Label, $"lora_A is {a.DType.SafetensorsName()}, lora_B is {b.DType.SafetensorsName()}"));
            return null;
        }

        if (Rank(factors, a, b) is not { } columns)
        {
            return null;
        }

        if (columns == 0)
        {
            log.Add(factors.Magnitude is { } alone
                ? TensorCodes.EmptyRankMagnitude.At(factors.Label, $"lora_A is {a.Shape}, and lora_magnitude_vector {alone.Shape}")
                : TensorCodes.EmptyRank.At(factors.Label, $"lora_A is {a.Shape}"));
            return null;
        }

        bool isParameter = factors.Nesting > 0 || IsParameter(factors.Path);
        string? parameter = isParameter ? PeftParameterTargets.Resolve(factors.Path, factors.Nesting, depths, _parameters, log) : null;
        if (isParameter && parameter is null)
        {
            return null;
        }

        string name = parameter is null ? factors.Path : $"{factors.Path}.{parameter}";

        // Of packed experts the tensors show only experts x rank. A parameter that is called weight can be a matrix or hold experts.
        int stated = parameter is null ? columns : _patterns.Load(name).Rank;
        bool isPacked = parameter is not (null or "weight") || (columns != stated && columns % stated == 0);
        return new Pair(factors, path, parameter, isPacked ? stated : columns, isPacked);
    }

    /// <summary>The rank axis of both factors, or <see langword="null"/> with a finding.</summary>
    private int? Rank(PeftModuleFactors factors, LazyTensor a, LazyTensor b)
    {
        bool plain = a.Shape.Rank == 2 && b.Shape.Rank == 2;
        bool convolution = !factors.IsEmbedding && a.Shape.Rank is >= 3 and <= 5 && b.Shape.Rank == a.Shape.Rank
            && b.Shape.Dimensions[2..].All(extent => extent == 1);
        if (!plain && !convolution)
        {
            log.Add(TensorCodes.WrongDimensions.At(factors.Label, $"lora_A is {a.Shape} and lora_B is {b.Shape}, which no layer has"));
            return null;
        }

        if (config.Variants.BdLora is not null)
        {
            // One factor is the diagonal's blocks, one after the other.
            return _patterns.Load(factors.Path).Rank;
        }

        // A grouped convolution has one part of B for each group.
        bool isGrouped = convolution && b.Shape[1] > 0 && a.Shape[0] % b.Shape[1] == 0;
        if ((a.Shape[0] != b.Shape[1] && !isGrouped) || a.Shape[0] > int.MaxValue)
        {
            log.Add(TensorCodes.RankMismatch.At(factors.Label, $"lora_A is {a.Shape}, so rank {a.Shape[0]}; lora_B is {b.Shape}, so rank {b.Shape[1]}"));
            return null;
        }

        return (int)a.Shape[0];
    }

    // An item without a dot names that parameter of every module; a module that is a target itself is not wrapped for its parameters.
    private bool IsParameter(string path) =>
        !_parameters.Of(path, withBare: false).IsEmpty || (_parameters.HasBare && _targets.Value.Match(path) == PeftTargetVerdict.NotTargeted);

    private AdapterModule? WithMagnitude(AdapterModule module, LazyTensor magnitude)
    {
        // An embedding's magnitude has one value for each dimension, a convolution's keeps the kernel's axes.
        bool fits = magnitude.Shape.ElementCount == module.OutputSize && (module.Kind == ModuleKind.Convolution || magnitude.Shape.Rank == 1)
            && magnitude.DType.IsFactorFloat();
        if (fits)
        {
            return module with { Magnitude = magnitude };
        }

        log.Add(TensorCodes.MagnitudeShape.At(module.SourcePath,
            $"lora_magnitude_vector is {magnitude.DType.SafetensorsName()} {magnitude.Shape}, but the module has {module.OutputSize} outputs"));
        return null;
    }

    private static string Present(PeftModuleFactors factors) =>
        (factors.A, factors.B) switch { (not null, null) => "lora_A", (null, not null) => "lora_B", _ => "a magnitude" };
}
