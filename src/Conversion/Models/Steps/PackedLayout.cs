namespace Transfuse.Conversion.Models.Steps;

/// <summary>The order of the axes of a 3-D expert parameter.</summary>
internal enum PackedLayout
{
    /// <summary>(E, out, in), as most classes of transformers 5 have it.</summary>
    OutIn,

    /// <summary>(E, in, out): gpt-oss and Llama 4.</summary>
    InOut,
}
