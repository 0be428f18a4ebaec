using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Peft;
using Transfuse.Conversion.Readers.Served;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Sglang;

/// <summary>SGLang's look at the tensors: by the layer in their name, else by embed_tokens and lm_head; what is neither is dropped without a word.</summary>
/// <param name="context">The check.</param>
/// <param name="adapter">What the folder means.</param>
/// <param name="config">The config.</param>
internal sealed partial class SglangTensorRules(CheckContext context, ServedAdapter adapter, JsonObject config)
{
    // target_modules names modules by their last segment; a string stands for all.
    private readonly FrozenSet<string>? _targets = config["target_modules"] is JsonArray list
        ? list.OfType<JsonString>().Select(item => ModulePath.LeafOf(item.Value)).ToFrozenSet(StringComparer.Ordinal)
        : null;

    public void Check()
    {
        foreach (PeftModuleFactors pair in adapter.File.Modules)
        {
            CheckPair(pair);
        }

        foreach (OtherTensor other in adapter.File.Others.Where(other => other.Kind != OtherTensorKind.TrainingState))
        {
            if (other.Kind == OtherTensorKind.SavedEmbedding)
            {
                SavedWeights.CheckSkipped(context, other);
            }
            else
            {
                context.Report(CheckCodes.TensorIgnored, other.SourceName, "has no slot; only factors are applied");
            }
        }
    }

    private void CheckPair(PeftModuleFactors pair)
    {
        string leaf = ModulePath.LeafOf(pair.Path);
        long? layer = LayerIndex().Match(pair.Path + ".") is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;
        if (adapter.Model is { IsLayerCountKnown: true } model && layer >= model.LayerCount)
        {
            context.Report(CheckCodes.TensorRefused, pair.Label, $"IndexError: layer {layer}, but the model has {model.LayerCount}");
        }
        else if (pair.Nesting > 0 && leaf != "experts")
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label, "its name ends with base_layer, which no module has, so it is never applied");
        }
        else if (pair.Nesting > 0 || leaf == "experts")
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label,
                "factors of packed experts (target_parameters) match no name that it knows and are dropped; under --lora-strict-loading they are refused");
        }
        else if (ServedRoots.IsUnmapped(context, pair.Path))
        {
            context.Report(CheckCodes.TensorIgnored, pair.Path, ServedRoots.Unmapped);
        }
        else if (ModulesBeside.Has(context, pair.Path))
        {
            context.Report(CheckCodes.NotJudged, pair.Path, ModulesBeside.Why);
        }
        else if (layer is null && leaf is not ("embed_tokens" or "lm_head"))
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label, "is dropped: its name has no layers.N. and is neither embed_tokens nor lm_head");
        }
        else if (_targets is not null && !_targets.Contains(leaf))
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label, "is not loaded: target_modules does not name it");
        }
        else if (adapter.Model?.Find(pair.Path).IsAbsent == true)
        {
            context.Report(CheckCodes.TensorIgnored, pair.Label, "the model has no such module, so it is never applied");
        }
        else
        {
            CheckFactors(pair);
        }
    }

    private void CheckFactors(PeftModuleFactors pair)
    {
        if (pair.Magnitude is not null)
        {
            context.Report(CheckCodes.DoraMisread, pair.Label, "the magnitude of DoRA is not applied");
        }

        if (pair.A is null || pair.B is null)
        {
            context.Report(CheckCodes.HalfPair, pair.Label, $"{(pair.A is null ? "lora_A" : "lora_B")} is missing and stays zero, so the module has no effect");
            return;
        }

        HfSlot place = adapter.Model?.Find(pair.Path) ?? HfSlot.Unknown;
        TensorShape a = pair.A.Shape, b = pair.B.Shape;
        if (a.Rank != 2 || b.Rank != 2 || a[0] != b[1] || (place.Inputs is { } inputs && a[1] != inputs) || (place.Outputs is { } outputs && b[0] != outputs))
        {
            context.Report(CheckCodes.ShapeRefused, pair.Label, $"AssertionError: lora_A {a} and lora_B {b} do not fit the buffers");
        }
        else if (a[0] != adapter.Config.Rank)
        {
            context.Report(CheckCodes.ShapeRefused, pair.Label, $"AssertionError: rank {a[0]}, but the config's r is {adapter.Config.Rank}");
        }
    }

    [GeneratedRegex(@"layers\.([0-9]{1,9})\.")]
    private static partial Regex LayerIndex();
}
