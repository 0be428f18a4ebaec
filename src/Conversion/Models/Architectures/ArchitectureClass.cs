namespace Transfuse.Conversion.Models.Architectures;

/// <summary>What the conversion of an architecture has to do at most.</summary>
internal enum ArchitectureClass
{
    /// <summary>All paths are equal.</summary>
    Identity,

    /// <summary>The path of the layers or of a global module differs.</summary>
    Prefix,

    /// <summary>Modules have other names or scaled weights.</summary>
    Rename,

    /// <summary>Experts are stacked.</summary>
    Stack,

    /// <summary>Rows of one Hugging Face tensor belong to several MLX modules.</summary>
    Split,

    /// <summary>Nothing inside the layers can be adapted.</summary>
    Unsupported,
}
