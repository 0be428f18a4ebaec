using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;

namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>Tells by their content which folders and files are adapters, and how large.</summary>
internal static class AdapterProbe
{
    // Up to this size the file stands for its largest tensor: looking into each would take longer than it saves.
    private const long Small = 64 << 20;

    /// <summary>What is in a folder that a glob met.</summary>
    public static FolderContent Look(string folder)
    {
        FileInfo[] files;
        try
        {
            files = [.. Marks(folder)];
        }
        catch (UnauthorizedAccessException)
        {
            // Whoever named it shall hear that it cannot be read.
            return new FolderContent(FolderState.Adapter, 0, 0);
        }

        if (files is [])
        {
            return new FolderContent(FolderState.Nothing, 0, 0);
        }

        FileInfo[] weights = [.. files.Where(file => file.Name != AdapterFiles.Config)];
        if (weights is [] && IsConfig(Path.Combine(folder, AdapterFiles.Config)) && !HasOtherWeights(folder))
        {
            return new FolderContent(FolderState.HalfWritten, 0, 0);
        }

        return new FolderContent(FolderState.Adapter, files.Sum(Length), weights.Select(LargestTensor).DefaultIfEmpty(0).Max());
    }

    /// <summary>Whether a file of any name holds the factors of an adapter. Only safetensors files say so by their header alone.</summary>
    public static bool IsAdapterFile(string path)
    {
        if (Path.GetExtension(path) != ".safetensors")
        {
            return false;
        }

        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return file.Tensors.Any(tensor => DialectRegistry.Default.HasFactor(tensor.Name));
        }
        catch (Exception failed) when (failed is ContainerException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Bytes of a path that was named itself, without a look into its files.</summary>
    public static long BytesOf(string path)
    {
        try
        {
            return File.Exists(path) ? Length(new FileInfo(path)) : Directory.Exists(path) ? Marks(path).Sum(Length) : 0;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Bytes of a path that was named itself, and of its largest tensor.</summary>
    public static (long Bytes, long LargestTensor) Measure(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                var file = new FileInfo(path);
                return (Length(file), LargestTensor(file));
            }

            return Directory.Exists(path) && Look(path) is { } content ? (content.Bytes, content.LargestTensor) : (0, 0);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return (0, 0);
        }
    }

    private static IEnumerable<FileInfo> Marks(string folder) => new DirectoryInfo(folder).EnumerateFiles().Where(file => AdapterFiles.Marks(file.Name));

    // Of what a link leads to; a link that leads nowhere has none.
    private static long Length(FileInfo file)
    {
        try
        {
            FileSystemInfo target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true } found ? found.Length : 0;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static long LargestTensor(FileInfo file)
    {
        long length = Length(file);
        if (length <= Small || file.Extension != ".safetensors")
        {
            return length;
        }

        try
        {
            using SafetensorsFile opened = SafetensorsFile.Open(file.FullName);
            return opened.Tensors.Select(tensor => tensor.Tensor.ByteLength).DefaultIfEmpty(length).Max();
        }
        catch (Exception failed) when (failed is ContainerException or IOException or UnauthorizedAccessException)
        {
            return length;
        }
    }

    // A config that is damaged is no sign of a training that goes on.
    private static bool IsConfig(string path)
    {
        try
        {
            using var file = new FileByteSource(path);
            PythonJson.ReadObject(file, PythonJsonLimits.Config);
            return true;
        }
        catch (Exception failed) when (failed is ContainerException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasOtherWeights(string folder) => Directory.EnumerateFiles(folder).Any(AdapterFiles.HoldsTensors);
}
