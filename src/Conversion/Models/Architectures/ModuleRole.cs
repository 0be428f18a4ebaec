namespace Transfuse.Conversion.Models.Architectures;

/// <summary>What a module outside the layers is for, where tying makes it special.</summary>
internal enum ModuleRole
{
    /// <summary>No special role.</summary>
    None,

    /// <summary>The embedding of the input tokens, which may also be the output head.</summary>
    InputEmbedding,

    /// <summary>The output head.</summary>
    Head,
}
