using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Stages.Read;

/// <summary>
/// Reads adapters for the verbs that write none: what the stages of a conversion do up to Infer. Dialects read alike for every verb; what a verb needs is asked
/// here of what was read.
/// </summary>
internal static class ReadAdapter
{
    /// <summary>
    /// The adapter as it can be compared with another, or <see langword="null"/> with an error in the log. An answer for one must not hide what the other says.
    /// </summary>
    public static ReadResult? ToCompare(IAdapterSource source, Run run) => Read(source, overrides: false, run, reading =>
    {
        Adapter? adapter = reading.Complete(run.Log);
        run.Log.AddRange(reading.Doubts);
        return adapter is null || !reading.IsLowRank ? adapter : reading.AsLora(adapter, Exact(run), run.Log);
    });

    /// <summary>
    /// The adapter as it is merged into its base, or <see langword="null"/> with an error in the log: what is relative to another base is refused.
    /// </summary>
    public static ReadResult? ToFuse(IAdapterSource source, Run run) => Read(source, overrides: true, run, reading =>
    {
        run.Log.AddRange(reading.Unasked(Given(run)));
        run.Log.AddRange(reading.Obstacles);
        if (run.Log.HasErrors)
        {
            return null;
        }

        run.Log.AddRange(reading.Surroundings);
        if (reading.Complete(run.Log) is not { } adapter)
        {
            return null;
        }

        run.Log.AddRange(reading.Doubts);
        run.Log.AddRange(reading.Lacks(stays: true));

        // IA3's factors multiply the weights of the base, which a merge has.
        return adapter.Method == PeftTypes.Ia3 ? adapter : reading.AsLora(adapter, Exact(run), run.Log);
    });

    /// <summary>The adapter as it is looked at, or <see langword="null"/> with an error in the log.</summary>
    public static ReadResult? ToInspect(IAdapterSource source, Run run) => Read(source, overrides: false, run, reading =>
    {
        run.Log.AddRange(reading.Obstacles);
        run.Log.AddRange(reading.Surroundings);
        Adapter? adapter = reading.Complete(run.Log);
        run.Log.AddRange(reading.Doubts);
        return adapter;
    });

    /// <summary>
    /// The adapter as it is mended, or <see langword="null"/> with an error in the log: what the config and the file lack is for the mending to find.
    /// </summary>
    public static Adapter? ToMend(AdapterContent content, Dialect dialect, Run run)
    {
        if (dialect.Read(content, Options(overrides: true, run), run.Log) is not { } reading)
        {
            return null;
        }

        run.Log.AddRange(reading.Surroundings);
        Adapter? adapter = reading.Complete(run.Log);
        run.Log.AddRange(reading.Doubts);
        return adapter;
    }

    private static ReadResult? Read(IAdapterSource source, bool overrides, Run run, Func<DialectReading, Adapter?> ask)
    {
        if (OpenAdapter.Open(source, run) is not { } content)
        {
            return null;
        }

        if (run.Dialects.Detect(content, run.Log) is var (dialect, own) && dialect.Read(own, Options(overrides, run), run.Log) is { } reading
            && ask(reading) is { } adapter)
        {
            return new ReadResult(adapter, dialect, own);
        }

        content.Weights.Dispose();
        return null;
    }

    /// <summary>What is known about an adapter beside its files.</summary>
    public static ReadOptions Options(bool overrides, Run run) =>
        new(Given(run) with { Overrides = overrides }, run.BaseLayers, run.Base) { BaseExperts = run.BaseExperts };

    /// <summary>What the caller answers.</summary>
    public static MlxGiven Given(Run run) => new(run.Options.Scale, run.Options.Dropout, run.Options.Producer);

    /// <summary>What the caller decides about methods other than LoRA.</summary>
    public static MethodOptions Methods(Run run) => new()
    {
        MaxRank = run.Options.MaxRank,
        SvdRank = run.Options.SvdRank,
        Base = run.Base,
        MaxDegreeOfParallelism = run.Options.MaxDegreeOfParallelism,
        CancellationToken = run.CancellationToken,
    };

    // What nobody writes may have any rank.
    private static MethodOptions Exact(Run run) => Methods(run) with { MaxRank = int.MaxValue, SvdRank = null };
}
