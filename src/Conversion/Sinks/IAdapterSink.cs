using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Where an adapter's files go: all of them or none. Disposing without <see cref="Commit"/> leaves no trace.</summary>
/// <example>
/// <code>
/// using IAdapterSink folder = AdapterSink.Folder("out");   // or one of your own
/// ConversionResult result = await AdapterPipeline.From(source).To(TargetProfile.Peft).WriteTo(folder).RunAsync();
/// </code>
/// </example>
public interface IAdapterSink : IDisposable
{
    /// <summary>Prepares the place. Called once, before anything is created.</summary>
    /// <param name="inputs">What the output is made of.</param>
    /// <exception cref="OutputTakenException">Something is there already that must not be replaced.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    void Begin(AdapterInputs inputs);

    /// <summary>What was done about leftovers of interrupted runs in the place, once begun.</summary>
    IReadOnlyList<FolderRecovery> Recoveries => [];

    /// <summary>
    /// Whether the place has something of this name that is no adapter's, and keeps it: no file of that name that only lies beside an adapter is created.
    /// </summary>
    /// <param name="fileName">The name.</param>
    /// <param name="wanted">What the file would have.</param>
    /// <param name="isEqual">Whether what is kept has that already.</param>
    bool Keeps(string fileName, IByteSource wanted, out bool isEqual) => isEqual = false;

    /// <summary>Creates a file.</summary>
    /// <param name="fileName">Its name.</param>
    /// <param name="permissions">What users may do with it, less the process's mask; <see langword="null"/> where nothing tells.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    IByteSink Create(string fileName, UnixFileMode? permissions);

    /// <summary>
    /// Makes all files visible: at once where the place is a folder of their own, one by one where they replace files of a folder that stays.
    /// </summary>
    /// <exception cref="OutputTakenException">Something appeared meanwhile that must not be replaced.</exception>
    /// <exception cref="IOException">The operating system failed; what was there before is unchanged, or the message says where it lies.</exception>
    void Commit();
}
