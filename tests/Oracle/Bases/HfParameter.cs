namespace Transfuse.Oracle;

/// <summary>A parameter of the live transformers 5 model.</summary>
/// <param name="Path">Full path, such as <c>model.layers.0.mlp.experts.gate_up_proj</c>.</param>
/// <param name="Shape">Row-major shape.</param>
/// <param name="Kind">Kind of the module that owns it.</param>
public sealed record HfParameter(string Path, long[] Shape, HfModuleKind Kind)
{
    /// <summary>Path of the owning module.</summary>
    public string Module => Path[..Path.LastIndexOf('.')];

    /// <summary>Name of the parameter within its module.</summary>
    public string Leaf => Path[(Path.LastIndexOf('.') + 1)..];
}
