namespace Transfuse.Conversion.Models.Architectures;

/// <summary>Where the Hugging Face names of a rule occur. All are understood; only fitting ones are written.</summary>
internal enum Runtime
{
    /// <summary>In every version and in weight files.</summary>
    All,

    /// <summary>In transformers 4, in code that comes with a model, and in weight files.</summary>
    Transformers4,

    Transformers5,

    /// <summary>In old files or old code only: understood, never written.</summary>
    Legacy,
}
