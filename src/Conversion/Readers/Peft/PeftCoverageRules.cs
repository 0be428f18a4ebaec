using System.Collections.Immutable;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>What PEFT adapts beyond what the file has: layers without tensors, targets that it cannot wrap, or nothing at all.</summary>
/// <param name="context">The check.</param>
/// <param name="original">The config as it stands.</param>
/// <param name="config">The config that PEFT works with.</param>
/// <param name="model">The model, where it is known.</param>
internal sealed class PeftCoverageRules(CheckContext context, PeftConfig original, PeftConfig config, HfOutline? model)
{
    /// <summary>The modules and parameters of the model that the config targets.</summary>
    public ImmutableArray<string> Targeted { get; private set; } = [];

    /// <param name="injection">What is targeted.</param>
    /// <param name="bound">The paths that tensors of the file went to.</param>
    /// <returns>Whether any parameter is targeted.</returns>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public bool Check(PeftInjection injection, IReadOnlySet<string> bound)
    {
        Targeted = [.. (model?.Modules ?? []).Where(module => Targets(injection, module)).Select(module => module.Path)];
        if (Targeted is [] && bound.Count == 0)
        {
            context.Report(CheckCodes.KeyRefused, "target_modules", "ValueError: no module of the base model is targeted");
            return false;
        }

        if (config.TargetModules.Kind == PeftModuleSelectorKind.ModelDefault && context.ModelType is null)
        {
            context.Report(CheckCodes.NotJudged, "target_modules", "is null, so PEFT's own table for the model type decides what is targeted");
        }

        CheckUnsupported(injection);
        ReportEmpty([.. Targeted.Where(path => !bound.Contains(path) && !bound.Contains(path + ".weight"))], bound);
        return model is not null && model.Modules.Any(module => injection.TargetsParameter(module.IsPacked ? module.Path : module.Path + ".weight"));
    }

    private void ReportEmpty(string[] empty, IReadOnlySet<string> bound)
    {
        if (empty is [])
        {
            return;
        }

        if (config.Init.Name == "false")
        {
            context.Report(CheckCodes.RandomModules, "target_modules",
                $"makes adapters of random factors for {NameList.Of(empty, most: 3)}, because init_lora_weights is false and the file has nothing for them");
            return;
        }

        // What has tensors in other layers, or is named by itself, was trained: PEFT saves all that a config names. "all-linear" names nothing by itself.
        HashSet<string> elsewhere = [.. bound.Select(WithoutLayer)];
        var named = new PeftSuffixList([.. original.TargetModules.Items, .. original.TargetParameters ?? []]);
        bool byPattern = original.TargetModules.Kind == PeftModuleSelectorKind.Pattern;
        ILookup<bool, string> lost = empty.ToLookup(path => model!.IsExact && (byPattern || named.Matches(path) || named.Matches(path + ".weight")
            || elsewhere.Contains(WithoutLayer(path)) || elsewhere.Contains(WithoutLayer(path) + ".weight")));
        Report(CheckCodes.ModulesLost, [.. lost[true]],
            "names {0}, for which the file has nothing: a warning lists their missing keys, and they stay without effect");
        Report(CheckCodes.NeutralModules, [.. lost[false]], "makes adapters without effect for {0}, and a warning lists their missing keys");
    }

    private void Report(FindingCode code, string[] paths, string message)
    {
        if (paths is not [])
        {
            context.Report(code, "target_modules", message.Replace("{0}", NameList.Of(paths, most: 3), StringComparison.Ordinal));
        }
    }

    private string WithoutLayer(string path) => model!.Layerless(path);

    private static bool Targets(PeftInjection injection, HfModule module) =>
        (module.IsModule && injection.Targets(module.Path, module is { IsHead: false, IsEmbedding: false }) == true)
            || injection.TargetsParameter(module.IsPacked ? module.Path : module.Path + ".weight");

    // Containers and raw parameters that a name matches as if they were modules.
    private void CheckUnsupported(PeftInjection injection)
    {
        if (model is null || config.TargetModules.Kind is not (PeftModuleSelectorKind.List or PeftModuleSelectorKind.Pattern))
        {
            return;
        }

        IEnumerable<string> raw = model.Modules.Where(module => !module.IsModule && !module.IsPacked).Select(module => module.Path);
        IEnumerable<string> containers = model.Modules.SelectMany(module => PathPrefixes.Of(module.Path)).Distinct(StringComparer.Ordinal);
        if (raw.Concat(containers).FirstOrDefault(path => injection.Targets(path, isLinear: false) == true) is { } unsupported)
        {
            context.Report(CheckCodes.KeyRefused, "target_modules", $"ValueError: Target module {unsupported} is not supported");
        }
        else if (config.TargetModules.Items.FirstOrDefault(item => ModulePath.LeafOf(item).Contains("norm", StringComparison.OrdinalIgnoreCase)) is { } norm)
        {
            context.Report(CheckCodes.KeyRefused, "target_modules", $"ValueError: Target module {norm} is not supported");
        }
    }
}
