using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>The dialects that are known.</summary>
internal static class Dialects
{
    private static readonly IDialect Peft = new PeftDialect();
    private static readonly IDialect Mlx = new MlxDialect();

    public static IDialect Of(AdapterDialect dialect) => dialect == AdapterDialect.Peft ? Peft : Mlx;
}
