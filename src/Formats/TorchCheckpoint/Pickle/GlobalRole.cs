namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>What an allowed global is for.</summary>
internal enum GlobalRole
{
    OrderedDict,
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    Parameter,
    Size,
    StorageClass,
    UntypedStorage,
    ElementType,
}
