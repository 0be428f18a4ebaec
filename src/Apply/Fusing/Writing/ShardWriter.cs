using System.Buffers;
using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>Writes a weights file in blocks: tensors of the base are copied, planned weights computed, several blocks at a time.</summary>
internal sealed class ShardWriter
{
    private const int CopyBytes = 1 << 20;
    private readonly FileLayout _layout;
    private readonly List<(int Blocks, Func<int, IByteSink, CancellationToken, long> Run)> _work = [];
    private readonly List<(PlannedWeight Weight, WeightLoss Loss)> _losses = [];

    public ShardWriter(OutputShard shard)
    {
        Dictionary<string, OutputTensor> byName = shard.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        _layout = new FileLayout(
            [.. shard.Tensors.Select(tensor => new NamedTensor(tensor.Name, tensor.Tensor))], shard.Source.File.Metadata, shard.Source.FileName);
        var positions = new Dictionary<PlannedWeight, long[]>(ReferenceEqualityComparer.Instance);
        long position = _layout.Prefix.Length;
        foreach (NamedTensor named in _layout.Tensors)
        {
            OutputTensor output = byName[named.Name];
            if (output.Weight is null)
            {
                AddCopy(named.Tensor, position);
            }
            else
            {
                (positions.TryGetValue(output.Weight, out long[]? known) ? known : positions[output.Weight] = [0, 0, 0])[output.Part] = position;
            }

            position += named.Tensor.ByteLength;
        }

        foreach ((PlannedWeight weight, long[] starts) in positions)
        {
            var work = new WeightWork(weight) { Positions = starts };
            _work.Add((work.BlockCount, work.Write));
            _losses.Add((weight, work.Loss));
        }
    }

    /// <summary>Number of bytes of the file.</summary>
    public long Length => _layout.TotalLength;

    /// <summary>Writes everything, and gives the loss of each planned weight.</summary>
    /// <param name="sink">An empty file.</param>
    /// <param name="workers">Most blocks at a time.</param>
    /// <param name="done">Told how many bytes are done each time, by any worker.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="NotFiniteException">A value is not finite.</exception>
    public ImmutableArray<(PlannedWeight Weight, WeightLoss Loss)> Write(IByteSink sink, int workers, Action<long> done, CancellationToken cancellationToken)
    {
        sink.SetLength(_layout.TotalLength);
        sink.Write(0, _layout.Prefix);
        BlockWork.Run(
            [.. _work.Select(item => item.Blocks)], workers, (item, block) => done(_work[item].Run(block, sink, cancellationToken)), cancellationToken);
        return [.. _losses];
    }

    private void AddCopy(LazyTensor tensor, long position)
    {
        int blocks = checked((int)((tensor.ByteLength + CopyBytes - 1) / CopyBytes));
        _work.Add((blocks, (block, sink, cancellationToken) => Copy(tensor, position, (long)block * CopyBytes, sink, cancellationToken)));
    }

    private static long Copy(LazyTensor tensor, long position, long offset, IByteSink sink, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(CopyBytes, tensor.ByteLength - offset));
            tensor.ReadRange(offset, bytes, cancellationToken);
            sink.Write(position + offset, bytes);
            return bytes.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
