using System.Buffers;
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
    private const int CopyBytes = 1 << 20;

    /// <summary>Writes and commits.</summary>
    /// <param name="output">What to write.</param>
    /// <param name="source">What the tensors come from; disposed before the commit, so that the source can be replaced.</param>
    /// <param name="sink">Where to write.</param>
    /// <param name="maxDegreeOfParallelism">Most tensors in work at one time.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static void Write(OutputFolder output, IDisposable source, IAdapterSink sink, int maxDegreeOfParallelism, CancellationToken cancellationToken)
    {
        sink.Begin();
        ReadOnlyMemory<byte> text = output.ConfigText ?? PythonJson.Write(output.Config, output.ConfigStyle);
        if (!text.IsEmpty)
        {
            using IByteSink config = sink.Create(AdapterFiles.Config);
            config.SetLength(text.Length);
            config.Write(0, text.Span);
        }

        foreach (CopiedFile file in output.Copies)
        {
            Copy(file, sink, cancellationToken);
        }

        if (output.HasNewWeights)
        {
            using IByteSink weights = sink.Create(output.WeightsFile);
            var options = new SafetensorsWriterOptions { MaxDegreeOfParallelism = maxDegreeOfParallelism };
            SafetensorsWriter.Write(weights, output.Tensors, output.Metadata, options, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        source.Dispose();
        sink.Commit();
    }

    private static void Copy(CopiedFile file, IAdapterSink sink, CancellationToken cancellationToken)
    {
        using IByteSource source = file.Source.Open(file.SourceName);
        using IByteSink target = sink.Create(file.Name);
        target.SetLength(source.Length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long position = 0; position < source.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(CopyBytes, source.Length - position));
                source.Read(position, part);
                target.Write(position, part);
                position += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
