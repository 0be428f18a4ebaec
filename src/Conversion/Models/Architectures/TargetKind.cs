namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The kinds of MLX layer that an adapter can wrap.</summary>
internal enum TargetKind
{
    /// <summary>A linear layer; factors (in, r) and (r, out).</summary>
    Linear,

    /// <summary>The stacked experts of a mixture; factors (E, r, in) and (E, out, r).</summary>
    Switch,

    /// <summary>An embedding; factors (vocabulary, r) and (r, dim).</summary>
    Embedding,
}
