using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Write;

/// <summary>Writes an adapter's files: all or none.</summary>
internal static class WriteFolder
{
    /// <summary>Writes and commits. Files have the permissions of those that they are made of.</summary>
    /// <param name="output">The files.</param>
    /// <param name="dialect">Whose they are.</param>
    /// <param name="content">What they are made of.</param>
    /// <param name="sink">Where they go.</param>
    /// <param name="source">What the tensors are read from; closed before the swap, so that the output may replace it.</param>
    /// <param name="run">The run.</param>
    /// <returns>False with an error in the log where the place is taken.</returns>
    public static bool Write(OutputFolder output, Dialect dialect, AdapterContent content, IAdapterSink sink, IDisposable source, Run run)
    {
        try
        {
            sink.Begin(AdapterInputs.Of(content.Source, run.Base));
            foreach (FolderRecovery recovery in sink.Recoveries)
            {
                run.Log.Add(Recoveries.Describe(recovery));
            }

            WriteFiles(output, dialect, content, sink, run);
            run.CancellationToken.ThrowIfCancellationRequested();
            source.Dispose();
            sink.Commit();
            return true;
        }
        catch (OutputTakenException taken)
        {
            run.Log.Add(TargetCodes.OutputExists.At(taken.Place, taken.Reason));
            return false;
        }
    }

    private static void WriteFiles(OutputFolder output, Dialect dialect, AdapterContent content, IAdapterSink sink, Run run)
    {
        UnixFileMode? ofWeights = content.Source.Permissions(content.WeightsFile);
        ReadOnlyMemory<byte> text = output.ConfigText
            ?? (output.Config is { } written ? PythonJson.Write(written, output.ConfigStyle) : ReadOnlyMemory<byte>.Empty);
        if (!text.IsEmpty)
        {
            using IByteSink config = sink.Create(AdapterFiles.Config, content.Config is null ? ofWeights : content.Source.Permissions(AdapterFiles.Config));
            config.SetLength(text.Length);
            config.Write(0, text.Span);
        }

        foreach (CopiedFile file in output.Copies)
        {
            using IByteSource source = file.Source.Open(file.SourceName);
            if (!file.IsBeside || !sink.Keeps(file.Name, source, out bool isEqual))
            {
                Copy(file, source, sink, run.CancellationToken);
            }
            else if (!isEqual)
            {
                run.Log.Add(TargetCodes.SideFileKept.At(file.Name, "the output has another file of this name, which was kept"));
            }
        }

        if (output.HasNewWeights)
        {
            using IByteSink weights = sink.Create(output.WeightsFile, ofWeights);
            dialect.WriteWeights(output, weights, run.Options.MaxDegreeOfParallelism, run.CancellationToken);
        }
    }

    private static void Copy(CopiedFile file, IByteSource source, IAdapterSink sink, CancellationToken cancellationToken)
    {
        using IByteSink target = sink.Create(file.Name, file.Source.Permissions(file.SourceName));
        ByteCopy.Copy(source, target, cancellationToken);
    }
}
