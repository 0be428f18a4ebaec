using System.Collections.Concurrent;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>Base models of a config alone, one folder for each text; gone when the tests end.</summary>
internal static class BaseFolders
{
    private static readonly TemporaryFolder Root = new();
    private static readonly ConcurrentDictionary<string, BaseModel> Opened = new(StringComparer.Ordinal);

    static BaseFolders() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Root.Dispose();

    public static BaseModel For(string config) => Opened.GetOrAdd(config, text =>
    {
        string folder = Directory.CreateDirectory(Root[Guid.NewGuid().ToString("N")]).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), text);
        return BaseModel.FromFolder(folder);
    });
}
