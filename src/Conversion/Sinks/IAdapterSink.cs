using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Where an adapter's files go: all of them or none. Disposing without <see cref="Commit"/> leaves no trace.</summary>
public interface IAdapterSink : IDisposable
{
    /// <summary>Prepares the place. Called once, before anything is created.</summary>
    /// <exception cref="OutputTakenException">Something is there already that must not be replaced.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    void Begin();

    /// <summary>Creates a file.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    IByteSink Create(string fileName);

    /// <summary>Makes all files visible: at once where the place is a folder of their own, one by one where they replace files of a folder that stays.</summary>
    /// <exception cref="IOException">The operating system failed; what was there before is unchanged, or the message says where it lies.</exception>
    void Commit();
}
