using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Replaces single files of a folder and leaves the others alone. Each original stays as <c>NAME.orig</c>. See <see cref="FolderEdit"/>.</summary>
/// <param name="folder">The folder.</param>
/// <param name="durable">Whether to return only when files have reached the disk. Default of the command: no.</param>
internal sealed class InPlaceAdapterSink(string folder, bool durable) : IAdapterSink
{
    private FolderEdit? _edit;

    /// <summary>Files that a committed file makes superfluous, and that are set aside like originals.</summary>
    public ImmutableArray<string> Superseded { get; init; } = [];

    public IReadOnlyList<FolderRecovery> Recoveries => _edit?.Recoveries ?? [];

    private FolderEdit Edit => _edit ?? throw new InvalidOperationException("The sink was not begun.");

    public void Begin(AdapterInputs inputs) => _edit = FolderEdit.Create(folder, durable);

    public IByteSink Create(string fileName, UnixFileMode? permissions) => Edit.CreateFile(fileName, permissions);

    public void Commit()
    {
        Edit.Superseded = Superseded;
        Edit.Commit();
    }

    public void Dispose() => _edit?.Dispose();
}
