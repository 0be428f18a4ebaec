namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The extents of an expert's matrices, by name.</summary>
internal enum ExpertDimension
{
    /// <summary>The model's hidden size.</summary>
    Hidden,

    /// <summary>The inner size of one expert; a parameter that holds two projections has twice as many rows.</summary>
    Width,

    /// <summary>The size of the latent space that the experts work in, where a model has one; else the hidden size.</summary>
    Latent,
}
