using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>
/// A dictionary of tensors that <c>torch.save</c> wrote (<c>adapter_model.bin</c>): the zip form of PyTorch since 1.6 and the form before it.
/// The pickle inside is read symbolically with lists of allowed opcodes and globals; nothing in it is ever executed.
/// </summary>
/// <remarks>Views keep their meaning: transposed, sliced and expanded tensors come out row-major. The same view under two names is one instance.</remarks>
/// <example>
/// <code>
/// using TorchCheckpointFile file = TorchCheckpointFile.Open("adapter_model.bin");   // no code in it is run
/// Console.WriteLine(file.Tensors.Length);
/// </code>
/// </example>
public sealed class TorchCheckpointFile : ITensorContainer
{
    private readonly IByteSource _source;

    private TorchCheckpointFile(IByteSource source, ImmutableArray<NamedTensor> tensors, string? nested)
    {
        _source = source;
        Tensors = tensors;
        Nested = nested;
    }

    /// <inheritdoc />
    public ImmutableArray<NamedTensor> Tensors { get; }

    /// <summary>Always <see langword="null"/>: checkpoints have none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata => null;

    /// <summary>
    /// The keys, joined by dots, of the nested dictionary that the tensors were taken from, such as <c>module</c> or <c>state_dict</c>: the only
    /// one in the file that holds tensors. <see langword="null"/> where the saved dictionary itself holds them.
    /// </summary>
    public string? Nested { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="TorchCheckpointException">It is refused.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static TorchCheckpointFile Open(string path) => Open(new FileByteSource(path));

    /// <summary>Opens a checkpoint and takes over the source, which is disposed with it, or at once where opening fails.</summary>
    /// <exception cref="TorchCheckpointException">It is refused.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static TorchCheckpointFile Open(IByteSource source)
    {
        try
        {
            var refusal = new TorchRefusal(source.Name);
            TorchContents contents = Read(source, refusal);
            var factory = new TorchTensorFactory(source, contents, refusal);
            return new TorchCheckpointFile(source, factory.MakeAll(), factory.Nested);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _source.Dispose();

    private static TorchContents Read(IByteSource source, TorchRefusal refusal)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(source.Length, TorchLegacyForm.Magic.Length)];
        source.Read(0, start);
        if (start.StartsWith("PK\x03\x04"u8))
        {
            return TorchZipForm.Read(source, refusal);
        }

        if (start.SequenceEqual(TorchLegacyForm.Magic))
        {
            return TorchLegacyForm.Read(source, refusal);
        }

        if (TorchLegacyForm.Magic.StartsWith(start))
        {
            throw refusal.Because(TorchCheckpointError.Truncated, null, $"the file ends after {start.Length} bytes");
        }

        throw IsTar(source)
            ? refusal.Because(TorchCheckpointError.TarForm, null, "the file is in the tar form of PyTorch before 0.2; save it again with a newer PyTorch")
            : refusal.Because(TorchCheckpointError.UnknownFormat, null, "the file begins like neither form of a PyTorch checkpoint");
    }

    private static bool IsTar(IByteSource source)
    {
        const int MagicPosition = 257;
        Span<byte> magic = stackalloc byte[5];
        if (source.Length < MagicPosition + magic.Length)
        {
            return false;
        }

        source.Read(MagicPosition, magic);
        return magic.SequenceEqual("ustar"u8);
    }
}
