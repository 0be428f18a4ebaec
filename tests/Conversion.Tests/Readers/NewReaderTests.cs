using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>A reader that the sources do not know is a profile, a class and one entry in a registry: docs/architecture.md promises it.</summary>
public class NewReaderTests
{
    private static readonly TargetProfile Narrow = TargetProfile.Peft with { Name = "narrow" };

    private static readonly ReaderRegistry Known = new([.. ReaderRegistry.Default.All, new NarrowReader()]);

    [Theory]
    [InlineData(1, CheckVerdict.Loads)]
    [InlineData(2, CheckVerdict.Fails)]
    public void A_new_reader_is_asked_by_check(int rank, CheckVerdict verdict)
    {
        using IAdapterSource source = AdapterSource.FromMemory("adapter", OfRank(rank).Files());
        CheckResult result = Assert.Single(AdapterChecker.CheckAll(source, [Known.Of(Narrow)], CheckOptions.Default, TestContext.Current.CancellationToken));
        Assert.Equal(("narrow", verdict), (result.Reader, result.Verdict));
        Assert.Equal(rank == 1 ? [] : ["narrow: rank 2, and it takes 1"], result.Findings.Select(finding => finding.Message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_new_reader_is_written_for_and_asked_before(int rank)
    {
        using IAdapterSource source = AdapterSource.FromMemory("adapter", OfRank(rank).Files());
        using var sink = new MemoryAdapterSink();
        ConversionResult result = AdapterPipeline.From(source).To(Narrow).WithReaders(Known).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.Equal(rank == 1, result.IsWritten);
        Assert.Equal(rank == 1 ? 0 : 1, result.Findings.Count(finding => finding.Code == TargetCodes.ReaderRefuses));
        Assert.Equal(rank == 1 ? 2 : 0, sink.Files.Count);
    }

    private static SmallAdapter OfRank(int rank)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("r", $"{rank}").Set("target_modules", "[\"up_proj\"]");
        adapter.Pair("model.layers.0.mlp.up_proj", 6, 4, rank);
        return adapter;
    }

    /// <summary>Reads PEFT's folders, of rank 1 alone.</summary>
    private sealed class NarrowReader() : Reader(Narrow)
    {
        public override void Check(CheckContext context)
        {
            if (context.ReadConfig("no config") is null || context.OpenWeights("no weights", "adapter_model.safetensors") is not { } file)
            {
                return;
            }

            foreach (NamedTensor tensor in file.Tensors.Where(tensor => tensor.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal) && tensor.Tensor.Shape[0] > 1))
            {
                context.Report(CheckCodes.ShapeRefused, tensor.Name, $"rank {tensor.Tensor.Shape[0]}, and it takes 1");
            }
        }
    }
}
