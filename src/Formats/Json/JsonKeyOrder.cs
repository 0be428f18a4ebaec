namespace Transfuse.Formats.Json;

/// <summary>In which order a writer puts the names of objects.</summary>
internal enum JsonKeyOrder
{
    /// <summary>As the object has them.</summary>
    AsGiven,

    /// <summary>The outermost object sorted by code point, objects inside it as they are.</summary>
    TopLevelSorted,

    /// <summary>Every object sorted by code point, as <c>sort_keys=True</c> does.</summary>
    Sorted,
}
