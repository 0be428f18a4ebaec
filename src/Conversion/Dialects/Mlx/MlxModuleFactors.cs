using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>The tensors of one module, as the file has them.</summary>
internal sealed class MlxModuleFactors(string path)
{
    public string Path => path;

    public MlxFactorForm Form { get; set; }

    public LazyTensor? A { get; set; }

    public LazyTensor? B { get; set; }

    public NamedTensor? Magnitude { get; set; }
}
