using System.Globalization;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Conversion.Sources.Hub;

namespace Transfuse.Cli.Commands;

/// <summary>What a base model's folder is, as text: another text where another base, or another content of it, would be read.</summary>
internal static class BaseIdentity
{
    /// <summary>Of a folder: its config by content, its weights by name, size and time.</summary>
    public static string Of(string path)
    {
        if (HubId.Parse(path) is { } id)
        {
            return $"{id.Repository} {HubFolders.FromEnvironment.CommitOf(id)} {id.Folder}";
        }

        string folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        if (!Directory.Exists(folder))
        {
            return path;
        }

        IEnumerable<string> weights = new DirectoryInfo(folder).EnumerateFiles()
            .Where(file => file.Extension is ".safetensors" or ".json")
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
        string config = Path.Combine(folder, "config.json");
        return string.Join('\n', [File.Exists(config) ? FolderStamps.HashOf(config) : "no config",
            .. weights.Where(line => !line.StartsWith("config.json ", StringComparison.Ordinal))]);
    }
}
