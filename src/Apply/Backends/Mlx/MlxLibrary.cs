using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>mlx-c in this process: looked for once, loaded once, for good.</summary>
/// <seealso cref="Transfuse.Apply.Backends.Mlx.MlxBackend" />
public sealed class MlxLibrary
{
    private static readonly Lock Gate = new();
    private static MlxLibrary? _loaded;
    private static nint _handle;

    private MlxLibrary(string path, string version, string mlxVersion) => (Path, BindingVersion, Version) = (path, version, mlxVersion);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The version of mlx-c, as its exports tell it.</summary>
    public string BindingVersion { get; }

    /// <summary>The version of MLX.</summary>
    public string Version { get; }

    /// <summary>
    /// Finds and loads the library: a file that is named, else <c>TRANSFUSE_MLX</c>, else beside the program, in <c>runtimes/RID/native</c>, in
    /// Homebrew's folders and in the system's.
    /// </summary>
    /// <param name="named">A file, or a folder that holds it; <see langword="null"/> to look for it.</param>
    /// <returns>The library, or <see langword="null"/> with what was tried.</returns>
    public static (MlxLibrary? Library, ImmutableArray<MlxAttempt> Attempts) Find(string? named = null)
    {
        ImmutableArray<MlxAttempt>.Builder attempts = ImmutableArray.CreateBuilder<MlxAttempt>();
        lock (Gate)
        {
            foreach (string path in MlxPlaces.All(named))
            {
                string? refusal = Refusal(path);
                attempts.Add(new MlxAttempt(path, refusal));
                if (refusal is null)
                {
                    return (_loaded, attempts.ToImmutable());
                }
            }
        }

        return (null, attempts.ToImmutable());
    }

    // Why a file cannot be used; null where it can, and then it is loaded.
    private static string? Refusal(string path)
    {
        if (_loaded is not null)
        {
            return _loaded.Path == path ? null : File.Exists(path) ? $"cannot be used beside {_loaded.Path}, which this process has loaded" : "is not there";
        }

        if (!File.Exists(path))
        {
            return "is not there";
        }

        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception broken) when (broken is DllNotFoundException or BadImageFormatException)
        {
            return $"cannot be loaded: {broken.Message.ReplaceLineEndings(" ")}";
        }

        string? version = MlxVersion.Of(name => NativeLibrary.TryGetExport(handle, name, out _));
        if (version is null || !MlxVersion.IsUsable(version))
        {
            NativeLibrary.Free(handle);
            return version is null ? "is no mlx-c: it exports no mlx_array_free" : $"is mlx-c {version}; {MlxVersion.Oldest} or later is needed";
        }

        try
        {
            return Use(handle, path, version);
        }
        catch (MlxException broken)
        {
            return $"does not answer: {broken.Message}";
        }
    }

    // From here on the file stays: import names are resolved once in a process.
    private static string? Use(nint handle, string path, string version)
    {
        if (_handle == 0)
        {
            _handle = handle;
            NativeLibrary.SetDllImportResolver(typeof(MlxLibrary).Assembly, Resolve);
        }
        else if (_handle != handle)
        {
            return "cannot be used after another one was tried in this process";
        }

        MlxEnvironment.Prepare();
        _loaded = new MlxLibrary(path, version, MlxThread.Shared.Invoke(() =>
        {
            ErrorFunctions.Install();
            return MlxDevice.ReadVersion();
        }));
        return null;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => name == LibraryName.Mlx ? _handle : 0;
}
