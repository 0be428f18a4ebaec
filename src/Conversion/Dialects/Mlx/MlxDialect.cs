using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Adapters of mlx-lm, mlx-swift-lm, mlx-vlm and Unsloth on MLX.</summary>
internal sealed class MlxDialect : IDialect
{
    public Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log) => MlxReader.Read(content, options, log);

    public OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log) => MlxWriter.Write(adapter, context, log);
}
