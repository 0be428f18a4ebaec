using System.Runtime.CompilerServices;

[assembly: DisableRuntimeMarshalling]

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>The import name of all functions; <see cref="MlxLibrary"/> resolves it to the file that it found.</summary>
internal static class LibraryName
{
    public const string Mlx = "mlxc";
}
