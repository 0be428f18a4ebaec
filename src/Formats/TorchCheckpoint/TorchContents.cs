using Transfuse.Formats.TorchCheckpoint.Pickle;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>What both forms of a checkpoint come down to.</summary>
/// <param name="Root">The saved object.</param>
/// <param name="StoragePositions">Where in the file each storage's bytes begin, by key; sizes were checked.</param>
/// <param name="Order">Byte order of the storages.</param>
internal sealed record TorchContents(PickleValue Root, IReadOnlyDictionary<string, long> StoragePositions, TorchByteOrder Order);
