namespace Transfuse.Conversion;

/// <summary>Which side of a packed expert parameter PEFT's A factor acts on.</summary>
/// <seealso cref="Transfuse.Conversion.ConversionOptions" />
public enum ExpertOrientation
{
    /// <summary>A acts on the layer's input, as PEFT 0.19.1 and later write for most models.</summary>
    InputFirst,

    /// <summary>A acts on the layer's output: A and B change places.</summary>
    OutputFirst,
}
