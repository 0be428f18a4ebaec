using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>What a config says that the file holds beside low-rank factors. Where it is not there, trained parts were lost on the way.</summary>
internal static class PeftPromises
{
    // Heads that PEFT's classes for these tasks add to the list whether the model has them or not.
    private static readonly string[] HeadTasks = ["SEQ_CLS", "TOKEN_CLS", "QUESTION_ANS"];
    private static readonly string[] Heads = ["classifier", "score", "qa_outputs"];

    /// <summary>What is not there.</summary>
    /// <param name="config">The config.</param>
    /// <param name="others">The tensors that are no factors.</param>
    /// <param name="isCarried">Whether the adapter stays in PEFT, where rows of tokens need their indices; elsewhere rows are refused themselves.</param>
    public static IEnumerable<Finding> Of(PeftConfig config, ImmutableArray<OtherTensor> others, bool isCarried)
    {
        foreach (string item in MissingModules(config.ModulesToSave, others, config.TaskType))
        {
            yield return ConfigCodes.SavedModuleMissing.At("modules_to_save", $"names {item}, of which the file has no tensors");
        }

        if ((isCarried || others.All(tensor => tensor.Kind != OtherTensorKind.TokenRows))
            && CheckTokens(config.Variants.TrainableTokenIndices, others) is { } rows)
        {
            yield return rows;
        }

        // PEFT 0.7 to 0.20 looked for the biases of lora_only under a name that they do not have, and saved none.
        if (config.Bias == "lora_only" && config.Version?.IsAtLeast(0, 21) != true && others.All(tensor => tensor.Kind != OtherTensorKind.BaseBias))
        {
            yield return ConfigCodes.BiasesMissing.At("bias", "is \"lora_only\", but the file has no bias");
        }
    }

    /// <summary>The items of <c>modules_to_save</c> of which the file has nothing.</summary>
    public static string[] MissingModules(ImmutableArray<string> stated, ImmutableArray<OtherTensor> others, string? task)
    {
        string[] present = [.. others.Where(tensor => tensor.Path.Contains('.')).Select(tensor => tensor.Path[..tensor.Path.LastIndexOf('.')])
            .Distinct(StringComparer.Ordinal)];
        return [.. stated.Where(item => !present.Any(owner => owner.EndsWith(item, StringComparison.Ordinal))
            && !(HeadTasks.Contains(task) && Heads.Contains(item)))];
    }

    /// <summary>The finding about rows of trained tokens and <c>trainable_token_indices</c> that do not belong together: neither tells the other.</summary>
    public static Finding? CheckTokens(JsonValue? stated, ImmutableArray<OtherTensor> others)
    {
        long[] rows =
            [.. others.Where(tensor => tensor.Kind == OtherTensorKind.TokenRows).Select(tensor => tensor.Tensor.Shape is { Rank: > 0 } shape ? shape[0] : 0)];
        JsonValue[] lists = stated switch
        {
            JsonArray list => [list],
            JsonObject byModule => [.. byModule.Members.Select(member => member.Value)],
            _ => [],
        };
        ImmutableArray<long>[] indices =
            [.. lists.Select(list => JsonFields.ReadIntegers(list, out ImmutableArray<long> read).HasValue() ? read : [-1]).Where(read => !read.IsEmpty)];
        bool isUnusable = indices.Any(list => list.Any(index => index < 0) || list.Distinct().Count() < list.Length);
        bool isElsewhere = stated is JsonObject owners
            && others.Any(tensor => tensor.Kind == OtherTensorKind.TokenRows && !owners.Members.Any(owner => IsOf(tensor, owner.Key)));
        bool belong = !isUnusable && !isElsewhere && rows.Order().SequenceEqual(indices.Select(list => (long)list.Length).Order());
        return belong ? null : ConfigCodes.TokenIndices.At(
            "trainable_token_indices",
            $"is {(stated is null ? "missing" : ConfigFields.Show(stated))}, and the file has {(rows.Length == 0 ? "no" : string.Join(" and ", rows))} rows of "
            + "tokens");
    }

    // PEFT looks for the module by the end of its path.
    private static bool IsOf(OtherTensor rows, string owner) => rows.Path.Contains($"{owner}.token_adapter", StringComparison.Ordinal);
}
