using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;

namespace Transfuse.Conversion.Stages;

/// <summary>Writes an adapter's files: all or none.</summary>
internal static class WriteFolder
{
    public static void Write(OutputFolder output, IAdapterSink sink, int maxDegreeOfParallelism, CancellationToken cancellationToken)
    {
        sink.Begin();
        using (IByteSink config = sink.Create(AdapterFiles.Config))
        {
            byte[] bytes = PythonJson.Write(output.Config, output.ConfigStyle);
            config.SetLength(bytes.Length);
            config.Write(0, bytes);
        }

        using (IByteSink weights = sink.Create(output.WeightsFile))
        {
            var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = maxDegreeOfParallelism };
            SafetensorsWriter.Write(weights, output.Tensors, output.Metadata, options, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        sink.Commit();
    }
}
