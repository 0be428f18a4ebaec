using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz;

/// <summary>A reader and the files that it is tried on.</summary>
public abstract class FuzzTarget
{
    /// <summary>How the command line calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Makes a case; the same random numbers make the same case.</summary>
    public abstract FuzzCase MakeCase(Random random);

    /// <summary>Opens a file.</summary>
    public abstract ITensorContainer Open(byte[] bytes);

    /// <summary>The cause of the reader's own exception, or <see langword="null"/> for any other exception.</summary>
    public abstract string? Cause(Exception exception);
}
