namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>Whether a folder holds an adapter.</summary>
internal enum FolderState
{
    /// <summary>No file of an adapter.</summary>
    Nothing,

    /// <summary>A config that can be read, and no weights.</summary>
    HalfWritten,

    /// <summary>An adapter, whole or damaged.</summary>
    Adapter,
}
