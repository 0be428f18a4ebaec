using System.Text.RegularExpressions;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>Names the weights files beside an adapter, which trainers leave there for what their adapter format has no place for.</summary>
internal static partial class SideWeights
{
    private static readonly (string Name, string What)[] Known =
    [
        ("non_lora_trainables", "what was trained beside the factors, such as LLaVA's projector"),
        ("mm_projector", "LLaVA's projector"),
        ("new_embeddings", "rows of embeddings for added tokens, which vLLM loads"),
        ("value_head", "the value head of a reward model (TRL, LLaMA-Factory)"),
        ("v_head", "the value head of a reward model"),
        ("model", "a whole model"),
        ("pytorch_model", "a whole model"),
    ];

    /// <summary>Names each file and says what it is.</summary>
    /// <param name="content">The adapter.</param>
    /// <param name="isCopied">Whether the output gets the files that it does not change; then nothing is lost.</param>
    /// <param name="run">The run.</param>
    public static void Report(AdapterContent content, bool isCopied, Run run)
    {
        foreach (string name in content.Source.FileNames.Where(name => name != content.WeightsFile && IsWeights(name)))
        {
            string what = Known.FirstOrDefault(known => known.Name == Path.GetFileNameWithoutExtension(name)).What is { } known
                ? $"{known}; {Describe(content.Source, name)}" : Describe(content.Source, name);
            Finding finding = ContainerCodes.SideWeights.At(name, what + (isCopied ? "; it stays as it is" : "; the output does not hold it"));
            run.Log.Add(isCopied ? finding with { Severity = Severity.Information } : finding);
        }
    }

    // Other names of the adapter's own file are told where the file is chosen, and a trainer's state is no weights.
    private static bool IsWeights(string name) => SourceFiles.IsWeights(name) && !AdapterFiles.IsNumberedCheckpoint(name) && !AdapterFiles.Marks(name);

    // What lies beside an adapter fails no run: a link that leads nowhere, or what nobody may read.
    private static string Describe(IAdapterSource source, string name)
    {
        try
        {
            return DescribeTensors(source, name);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return "it cannot be read";
        }
    }

    private static string DescribeTensors(IAdapterSource source, string name)
    {
        using ITensorContainer? tensors = SourceFiles.OpenWeights(source, name).Value;
        return tensors switch
        {
            null => "it cannot be read",
            { Tensors: [] } => "it holds no tensor",
            { Tensors: [var first, ..] all } =>
                $"{all.Length} tensors, such as {first.Name} "
                + $"{first.Tensor.Shape}{(all.Any(tensor => Factor().IsMatch(tensor.Name)) ? ", low-rank factors among them" : string.Empty)}",
        };
    }

    [GeneratedRegex(@"\.lora_[abAB](\.|\z)")]
    private static partial Regex Factor();
}
