using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>The tensors of one adapted module or parameter, as the file has them.</summary>
/// <param name="path">The module's path in the transformers model.</param>
/// <param name="nesting">How many trailing <c>base_layer</c> segments its names have.</param>
internal sealed class PeftModuleFactors(string path, int nesting)
{
    public string Path => path;

    public int Nesting => nesting;

    public bool IsEmbedding { get; set; }

    public LazyTensor? A { get; set; }

    public LazyTensor? B { get; set; }

    public LazyTensor? Magnitude { get; set; }

    public string Label => Nesting == 0 ? Path : Path + string.Concat(Enumerable.Repeat(".base_layer", Nesting));

    /// <summary>The same tensors as those of the module itself.</summary>
    public PeftModuleFactors WithoutNesting() => new(Path, 0) { IsEmbedding = IsEmbedding, A = A, B = B, Magnitude = Magnitude };
}
