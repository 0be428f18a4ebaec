using Transfuse.Conversion.Sources.Hub;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.TorchCheckpoint;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Sources;

/// <summary>What a container's parser throws, as a finding.</summary>
internal static class DamagedFile
{
    /// <summary>The finding for a file that cannot be read.</summary>
    /// <param name="broken">What its parser said.</param>
    public static Finding Describe(ContainerException broken) =>
        Code(broken).At(broken.TensorName is null ? broken.FileName : $"{broken.FileName} tensor {broken.TensorName}", broken.Detail);

    private static FindingCode Code(ContainerException broken) => broken switch
    {
        HubException hub => hub.Cause switch
        {
            HubError.Missing => HubCodes.Missing,
            HubError.Denied => HubCodes.Denied,
            HubError.Checksum => HubCodes.Checksum,
            HubError.Pointer => HubCodes.Pointer,
            HubError.Offline => HubCodes.Offline,
            _ => HubCodes.Answer,
        },
        FileKindException => ContainerCodes.NotRegularFile,
        SafetensorsException { Cause: SafetensorsError.TooMany }
            or NpzException { Error: NpzError.LimitExceeded }
            or TorchCheckpointException { Error: TorchCheckpointError.LimitExceeded }
            or PythonJsonException
            {
                Cause: PythonJsonCause.TooLarge or PythonJsonCause.TooDeep or PythonJsonCause.TooManyValues or PythonJsonCause.NumberTooLong,
            } => ContainerCodes.BeyondLimit,
        NpzException => ContainerCodes.Npz,
        TorchCheckpointException => ContainerCodes.TorchCheckpoint,
        PythonJsonException => ContainerCodes.Json,
        _ => ContainerCodes.Safetensors,
    };
}
