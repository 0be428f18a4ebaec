using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>Opens an adapter, detects its dialect and reads it.</summary>
internal static class ReadAdapter
{
    /// <summary>The adapter, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="source">The files.</param>
    /// <param name="target">The dialect to which it goes, which decides whether it is carried; <see langword="null"/> where it is only looked at.</param>
    /// <param name="context">The run.</param>
    public static ReadResult? Read(IAdapterSource source, AdapterDialect? target, StageContext context) =>
        Read(source, dialect => target is null ? ReadPurpose.Inspect : target == dialect ? ReadPurpose.Carry : ReadPurpose.Convert, overrides: target is not null, context);

    /// <summary>The adapter as it can be compared with another, or <see langword="null"/> with an error in the log.</summary>
    public static ReadResult? ReadToCompare(IAdapterSource source, StageContext context) =>
        Read(source, _ => ReadPurpose.Compare, overrides: false, context with { Options = context.Options with { MaxRank = int.MaxValue, SvdRank = null } });

    /// <summary>The adapter as it is merged into its base, or <see langword="null"/> with an error in the log.</summary>
    public static ReadResult? ReadToFuse(IAdapterSource source, StageContext context) =>
        Read(source, _ => ReadPurpose.Fuse, overrides: true, context with { Options = context.Options with { MaxRank = int.MaxValue, SvdRank = null } });

    private static ReadResult? Read(IAdapterSource source, Func<AdapterDialect, ReadPurpose> purpose, bool overrides, StageContext context)
    {
        if (OpenAdapter.Open(source, context.Options.AdapterName, context.Log) is not { } content)
        {
            return null;
        }

        if (DialectDetector.Detect(content, context.Log) is var (dialect, own)
            && Dialects.Dialects.Of(dialect).Read(own, Options(purpose(dialect), overrides, context), context.Log) is { } adapter)
        {
            return new ReadResult(adapter, dialect, own);
        }

        content.Weights.Dispose();
        return null;
    }

    /// <summary>What decides how an adapter is read.</summary>
    /// <param name="purpose">Whether it stays in its dialect.</param>
    /// <param name="overrides">Whether the caller's scale and dropout win over what a config says plainly. Where two adapters are compared, an answer for one must not hide what the other says.</param>
    /// <param name="context">The run.</param>
    public static ReadOptions Options(ReadPurpose purpose, bool overrides, StageContext context) =>
        new(purpose, new MlxGiven(context.Options.Scale, context.Options.Dropout, context.Options.Producer, overrides), BaseLayers.Of(context))
        {
            Methods = new MethodOptions
            {
                MaxRank = context.Options.MaxRank,
                SvdRank = context.Options.SvdRank,
                Base = context.Base,
                MaxDegreeOfParallelism = context.Options.MaxDegreeOfParallelism,
                CancellationToken = context.CancellationToken,
            },
        };
}
