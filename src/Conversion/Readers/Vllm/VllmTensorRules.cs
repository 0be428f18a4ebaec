using System.Collections.Frozen;
using System.Globalization;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Peft;
using Transfuse.Conversion.Readers.Served;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Vllm;

/// <summary>vLLM's look at the tensors: the grammar of names, the modules that it expects, and what its buffers hold.</summary>
/// <param name="context">The check.</param>
/// <param name="adapter">What the folder means.</param>
/// <param name="maxRank">The server's limit.</param>
internal sealed class VllmTensorRules(CheckContext context, ServedAdapter adapter, int maxRank)
{
    private readonly FrozenSet<string> _leaves = (adapter.Model?.Modules ?? [])
        .Select(module => ModulePath.LeafOf(module.IsPacked ? PathPrefixes.Of(module.Path).Last() : module.Path)).ToFrozenSet(StringComparer.Ordinal);

    public void Check(ITensorContainer raw)
    {
        foreach (NamedTensor tensor in raw.Tensors.Where(tensor => !IsBaseEmbedding(tensor.Name) && !IsFactor(tensor.Name)))
        {
            context.Report(CheckCodes.TensorRefused, tensor.Name, $"ValueError: {tensor.Name} is unsupported LoRA weight");
        }

        foreach (NamedTensor tensor in raw.Tensors.Where(tensor => PeftTensorName.Parse(tensor.Name).Oddities.HasFlag(PeftNameOddities.Wrapper)))
        {
            context.Report(CheckCodes.TensorIgnored, tensor.Name,
                "its name has a prefix of torch.compile, FSDP or DDP, so that it belongs to no module of the model and is never applied");
        }

        foreach (OtherTensor saved in adapter.File.Others.Where(tensor => IsBaseEmbedding(tensor.SourceName)))
        {
            SavedWeights.CheckSkipped(context, saved);
        }

        foreach (PeftModuleFactors pair in adapter.File.Modules)
        {
            CheckPair(pair);
        }
    }

    // vLLM skips the base embeddings that PEFT saves when their adapters are targeted.
    private static bool IsBaseEmbedding(string name) =>
        name.EndsWith(".embed_tokens.base_layer.weight", StringComparison.Ordinal) || name.EndsWith(".lm_head.base_layer.weight", StringComparison.Ordinal);

    private static bool IsFactor(string name) =>
        name.Split('.') is [_, .., "lora_A" or "lora_B", "weight"] or [_, .., "lora_embedding_A" or "lora_embedding_B"];

    private void CheckPair(PeftModuleFactors pair)
    {
        if (pair.A is null || pair.B is null)
        {
            context.Report(CheckCodes.TensorRefused, pair.Label, $"AttributeError: 'NoneType': {(pair.A is null ? "lora_A" : "lora_B")} is missing");
            return;
        }

        int experts = pair.Path.IndexOf(".experts", StringComparison.Ordinal);
        if (experts >= 0)
        {
            CheckExperts(pair, pair.Path[(experts + 1)..]);
            return;
        }

        if (pair.Nesting > 0)
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label,
                "names with base_layer are loaded without a look, and modules ask for their factors by their own names, so it is never applied");
            return;
        }

        if (ServedRoots.IsUnmapped(context, pair.Path))
        {
            context.Report(CheckCodes.TensorIgnored, pair.Path, ServedRoots.Unmapped);
            return;
        }

        if (ModulesBeside.Has(context, pair.Path))
        {
            context.Report(CheckCodes.NotJudged, pair.Path, ModulesBeside.Why);
            return;
        }

        if (adapter.Model is { } model && !_leaves.Contains(ModulePath.LeafOf(pair.Path)))
        {
            context.Report(CheckCodes.ModuleRefused, pair.Path,
                $"ValueError: expected target modules in {string.Join(", ", _leaves.Order(StringComparer.Ordinal))} but received {pair.Path} "
                + $"({model.Architecture})");
            return;
        }

        HfSlot place = adapter.Model?.Find(pair.Path) ?? HfSlot.Unknown;
        if (place.IsAbsent)
        {
            context.Report(
                CheckCodes.TensorIgnored, pair.Path, "the model has no such module; only the last name is compared, so it is loaded and never applied");
            return;
        }

        CheckShapes(pair, place);
    }

    private void CheckShapes(PeftModuleFactors pair, HfSlot place)
    {
        TensorShape a = pair.A!.Shape, b = pair.B!.Shape;
        if (a.Rank != 2 || b.Rank != 2 || a[0] != b[1] || (place.Inputs is { } inputs && a[1] != inputs) || (place.Outputs is { } outputs && b[0] != outputs))
        {
            context.Report(CheckCodes.ShapeRefused, pair.Path,
                $"RuntimeError: lora_A {a} and lora_B {b} do not fit the module ({Text(place.Inputs)} in, {Text(place.Outputs)} out)");
        }
        else if (a[0] > maxRank)
        {
            context.Report(
                CheckCodes.RankLimit, pair.Path, $"RuntimeError: its rank {a[0]} does not fit the buffers, which are made for max_lora_rank {maxRank}");
        }
    }

    private void CheckExperts(PeftModuleFactors pair, string suffix)
    {
        if (suffix == "experts" || pair.Nesting > 0)
        {
            CheckPacked(pair);
            return;
        }

        bool expected = suffix.Split('.') is ["experts", var index, var leaf]
            && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int expert)
            && (adapter.Model?.ExpertCount is not { } count || expert < count)
            && (adapter.Model is not { } model || model.Architecture.Rules.OfType<StackRule>().Any(rule => ModulePath.LeafOf(rule.Source.Path) == leaf)
                || model.Find(pair.Path) is { IsAbsent: false, Form: HfForm.PerExpert });
        if (!expected)
        {
            context.Report(CheckCodes.ModuleRefused, pair.Path, "ValueError: expected target modules do not have this expert");
        }
    }

    // experts.base_layer counts as gate_up_proj and experts as down_proj, whatever target_parameters says.
    private void CheckPacked(PeftModuleFactors pair)
    {
        string[] parameters = [.. adapter.PathsOf(pair).Select(ModulePath.LeafOf)];
        string taken = pair.Nesting > 0 ? "gate_up_proj" : "down_proj";
        bool isGateUp = parameters.All(parameter => parameter.StartsWith("gate", StringComparison.Ordinal));
        bool isDown = parameters.All(parameter => parameter.StartsWith("down", StringComparison.Ordinal));
        if (parameters.Length == 1 && ((taken == "gate_up_proj" && isDown) || (taken == "down_proj" && isGateUp)))
        {
            context.Report(CheckCodes.ExpertsMisread, pair.Label, $"is taken for {taken}, and it belongs to {parameters[0]}");
        }

        context.Report(CheckCodes.NotJudged, pair.Label,
            "packed experts are read by those of vLLM's model classes that say so (is_3d_moe_weight); which do is not known here");
    }

    private static string Text(long? extent) => extent?.ToString(CultureInfo.InvariantCulture) ?? "?";
}
