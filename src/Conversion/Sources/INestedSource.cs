namespace Transfuse.Conversion.Sources;

/// <summary>A source inside another place.</summary>
internal interface INestedSource
{
    /// <summary>The place around it, where that has an adapter's config; <see langword="null"/> where not. The source keeps and disposes it.</summary>
    IAdapterSource? OpenParent();
}
