using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>Where mlx-c's library is looked for.</summary>
internal static class MlxPlaces
{
    /// <summary>The variable that names the file.</summary>
    public const string Variable = "TRANSFUSE_MLX";

    /// <summary>The library's name on this system.</summary>
    public static string FileName => OperatingSystem.IsWindows() ? "mlxc.dll" : OperatingSystem.IsMacOS() ? "libmlxc.dylib" : "libmlxc.so";

    /// <summary>
    /// The files to try, in order. A file that is named outright is the only one: where it cannot be used, no other takes its place.
    /// </summary>
    /// <param name="named">A file or a folder given as an option, or <see langword="null"/>.</param>
    public static IReadOnlyList<string> All(string? named)
    {
        named ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? variable : null;
        if (named is not null)
        {
            return [Path.GetFullPath(Directory.Exists(named) ? Path.Combine(named, FileName) : named)];
        }

        string own = AppContext.BaseDirectory;
        List<string> folders = [own, Path.Combine(own, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")];
        if (OperatingSystem.IsMacOS())
        {
            // Homebrew's folders; that of its keg too, where the link is missing.
            folders.AddRange(["/opt/homebrew/lib", "/opt/homebrew/opt/mlx-c/lib", "/usr/local/lib"]);
        }
        else if (!OperatingSystem.IsWindows())
        {
            folders.AddRange(["/usr/local/lib", "/usr/lib", $"/usr/lib/{LinuxTriple}", "/home/linuxbrew/.linuxbrew/lib"]);
        }

        return [.. folders.Select(folder => Path.Combine(folder, FileName))];
    }

    private static string LinuxTriple => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}
