using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Apply.Fusing.Writing;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing;

/// <summary>One fusion: the plan, what it costs in precision, and the output.</summary>
internal sealed class FusionRun(ModelFolder folder, IReadOnlyList<ReadResult> adapters, string output, FusionOptions options, Run run)
{
    private const int Digits = 6;
    private const double LargeLoss = 0.5;
    private readonly FindingLog _log = run.Log;
    private long _done;
    private long _total;

    /// <summary>Plans, and writes unless something stands in the way or the run is dry.</summary>
    public FusionResult Run()
    {
        ArchitectureMap? map = Map();
        var lookup = new WeightLookup(folder, map);
        var tied = new TiedWeights(folder, lookup, map);
        if ((options.Dequantize || options.KeepPrecision is not null) && !lookup.IsQuantized)
        {
            _log.Add(FusionCodes.NotQuantized.At(folder.Model.Folder, "is not quantized by MLX"));
        }

        ImmutableArray<PlacedStage>[] placed = [.. adapters.Select(read => Place(read, lookup, tied, map))];
        if (_log.HasErrors || FusionPlan.Make(folder, lookup, tied, placed, options, _log) is not { } plan)
        {
            return Refused();
        }

        if (folder.LeftOut is { IsEmpty: false } others)
        {
            _log.Add(FusionCodes.WeightsLeftOut.At(folder.Model.Folder, $"{NameList.Of(others, 3)} {(others.Length == 1 ? "was" : "were")} not copied"));
        }

        foreach ((string file, string why) in folder.Skipped)
        {
            _log.Add(FusionCodes.SideFileLeftOut.At(Path.Combine(folder.Model.Folder, file), why));
        }

        if (options.DryRun)
        {
            return Result(plan, [], isWritten: false);
        }

        return Write(plan, tied);
    }

    private FusionResult Write(FusionPlan plan, TiedWeights tied)
    {
        _total = OutputShard.All(folder, plan).Sum(shard => shard.ByteLength);
        OutputPlace.CheckSpace(output, _total, _log);
        if (_log.HasErrors)
        {
            return Refused();
        }

        using AtomicFolder target = AtomicFolder.Create(output, options.Folder);
        _log.AddRange(target.Recoveries.Select(Recoveries.Describe));
        FusionPlan final = options.KeepPrecision is { } share ? KeepPrecise(plan, share) : plan;
        ImmutableArray<OutputShard> shards = OutputShard.All(folder, final);
        JsonObject? config = ConfigChanges.Of(folder, final, tied, options.Dequantize);
        ImmutableArray<(PlannedWeight Weight, WeightLoss Loss)> losses = new ModelWriter(folder, shards, config, options)
            .Write(target, Report, run.CancellationToken);
        ReportLosses(losses);
        run.CancellationToken.ThrowIfCancellationRequested();
        target.Commit();
        return Result(final, losses, isWritten: true);
    }

    // What a weight would lose shows only when it is computed; what is left unquantized is then computed again.
    private FusionPlan KeepPrecise(FusionPlan plan, double share)
    {
        PlannedWeight[] tried = [.. plan.Weights.Values.Where(weight => weight is { StaysQuantized: true, Stages.IsEmpty: false })];
        WeightWork[] work = [.. tried.Select(weight => new WeightWork(weight))];
        _total += tried.Sum(weight => OutputTensor.Of(weight).Sum(tensor => tensor.Tensor.ByteLength));
        BlockWork.Run(
            [.. work.Select(item => item.BlockCount)],
            options.Reading.MaxDegreeOfParallelism,
            (item, block) => Report(work[item].Measure(block, run.CancellationToken)),
            run.CancellationToken);
        PlannedWeight[] kept = [.. tried.Where((_, index) => work[index].Loss.Value > share).Select(weight => weight with { StaysQuantized = false })];
        if (kept.Length > 0)
        {
            _log.Add(
                FusionCodes.KeptPrecise.At(
                    kept[0].Module, $"{kept.Length} of {tried.Length} modules would lose more than {Percent(share)}, and are not quantized"));
        }

        return new FusionPlan
        {
            Weights = plan.Weights.SetItems(kept.Select(weight => KeyValuePair.Create(weight.Name, weight))),
            IsUntied = plan.IsUntied,
            Tokens = plan.Tokens,
        };
    }

    private ImmutableArray<PlacedStage> Place(ReadResult read, WeightLookup lookup, TiedWeights tied, ArchitectureMap? map)
    {
        ImmutableArray<PlacedStage> placed = new AdapterPlacement(read, lookup, map, tied, run).Place();
        if (placed.IsEmpty && !_log.HasErrors)
        {
            _log.Add(FusionCodes.NothingToMerge.At(read.Content.Name, "changes no weight of the base"));
        }

        return placed;
    }

    private ArchitectureMap? Map()
    {
        if (run.Options.ModelType == ArchitectureTable.Identity || run.NamedArchitecture is not { } architecture)
        {
            return null;
        }

        return new ArchitectureMap(architecture, folder.Model.Config, allowLowConfidence: true);
    }

    private void ReportLosses(ImmutableArray<(PlannedWeight Weight, WeightLoss Loss)> losses)
    {
        (PlannedWeight Weight, WeightLoss Loss)[] quantized = [.. losses.Where(item => item.Weight is { StaysQuantized: true, Stages.IsEmpty: false })];
        if (quantized.Length > 0)
        {
            (PlannedWeight worst, WeightLoss loss) = quantized.MaxBy(item => item.Loss.Value);
            _log.Add(FusionCodes.Requantized.At(
                folder.Model.Folder,
                $"{quantized.Length} modules were quantized again; {Percent(WeightLoss.Of([.. quantized.Select(item => item.Loss)]))} of their change is "
                + $"lost, at most {Percent(loss.Value)} ({worst.Module})"));
        }

        (PlannedWeight Weight, WeightLoss Loss)[] rounded =
            [.. losses.Where(item => item.Weight is { StaysQuantized: false, Stages.IsEmpty: false } && item.Loss.Value > LargeLoss)];
        if (rounded.Length > 0)
        {
            _log.Add(
                FusionCodes.ChangeLost.At(
                    [.. rounded.Select(item => item.Weight.Name)],
                    $"{Percent(rounded[0].Loss.Value)} of the change is lost in {rounded[0].Weight.DType.ToString().ToUpperInvariant()}"));
        }
    }

    private FusionResult Result(FusionPlan plan, ImmutableArray<(PlannedWeight Weight, WeightLoss Loss)> losses, bool isWritten)
    {
        Dictionary<string, double> byName = losses.Where(item => !item.Weight.Stages.IsEmpty)
            .ToDictionary(item => item.Weight.Name, item => Rounded(item.Loss.Value), StringComparer.Ordinal);
        return new FusionResult(
            _log.ToSorted(),
            [
                .. plan.Weights.Values.Select(weight => new FusedWeight(weight.Name, weight.Change)
                {
                    Form = weight.Form,
                    Loss = byName.TryGetValue(weight.Name, out double loss) ? loss : null,
                    IsKeptPrecise = weight is { Quantized: not null, StaysQuantized: false } && !options.Dequantize,
                }),
            ],
            isWritten)
        {
            Kept = folder.Names.Count - OutputShard.Replaced(folder, plan),
            Loss = byName.Count == 0 ? null : Rounded(WeightLoss.Of([.. losses.Where(item => !item.Weight.Stages.IsEmpty).Select(item => item.Loss)])),
        };
    }

    private FusionResult Refused() => new(_log.ToSorted(), [], false);

    private void Report(long bytes)
    {
        if (options.Progress is { } progress)
        {
            progress.Report(new FusionProgress(Interlocked.Add(ref _done, bytes), _total));
        }
    }

    private static string Percent(double share) => share.ToString("P2", CultureInfo.InvariantCulture);

    private static double Rounded(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : value;
}
