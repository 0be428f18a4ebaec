namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>What a folder holds.</summary>
/// <param name="State">Whether that is an adapter.</param>
/// <param name="Bytes">Bytes of its config and weights.</param>
/// <param name="LargestTensor">Bytes of its largest tensor, at most.</param>
internal readonly record struct FolderContent(FolderState State, long Bytes, long LargestTensor);
