using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>Writes an adapter's files: all or none.</summary>
internal static class WriteFolder
{
    /// <summary>Writes.</summary>
    /// <param name="output">The files.</param>
    /// <param name="sink">Where they go.</param>
    /// <param name="source">What the tensors are read from; closed before the swap, so that the output may replace it.</param>
    /// <param name="context">The run.</param>
    /// <returns>False with an error in the log where the place is taken.</returns>
    public static bool Write(OutputFolder output, IAdapterSink sink, IDisposable source, StageContext context)
    {
        try
        {
            sink.Begin();
        }
        catch (OutputTakenException taken)
        {
            context.Log.Add(TargetCodes.OutputExists.At(taken.Place, taken.Reason));
            return false;
        }

        using (IByteSink config = sink.Create(AdapterFiles.Config))
        {
            byte[] bytes = PythonJson.Write(output.Config, output.ConfigStyle);
            config.SetLength(bytes.Length);
            config.Write(0, bytes);
        }

        using (IByteSink weights = sink.Create(output.WeightsFile))
        {
            var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = context.Options.MaxDegreeOfParallelism };
            SafetensorsWriter.Write(weights, output.Tensors, output.Metadata, options, context.CancellationToken);
        }

        context.CancellationToken.ThrowIfCancellationRequested();
        source.Dispose();
        sink.Commit();
        return true;
    }
}
