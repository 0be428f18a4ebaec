using System.Text;
using System.Text.RegularExpressions;
using Transfuse.Formats.Fuzz;

namespace Transfuse.Attack;

/// <summary>Damages an adapter folder: bytes of its files, values of its config, its files' names and kinds.</summary>
public static partial class FolderMutator
{
    private static readonly string[] Values =
    [
        "0", "-1", "1e999", "NaN", "Infinity", "null", "true", "\"\"", "[]", "{}", "8.0", "\"8\"", "9223372036854775807", "99999999999999999999", "0.5",
        "[[[[]]]]", "{\"a\": {}}", "\"..\"", "\"\\u202e\"", "\"(a+)+$\"", "\"model.layers.0.self_attn.q_proj\"", "[\"*\"]", "\"all-linear\"", "\"LOHA\"", "1e-300",
    ];

    private static readonly string[] Names =
    [
        "adapter_model.bin", "adapter_model.safetensors", "adapters.safetensors", "adapters.npz", "adapter_config.json", "notes.txt", "a:b\\c", "config.json",
        "adapter_model.safetensors.index.json", "transfuse.lock", "new_embeddings.safetensors", ".hidden", "x\u202e.safetensors",
    ];

    /// <summary>Applies one to three changes.</summary>
    public static void Mutate(Random random, string folder)
    {
        for (int changes = random.Next(3) == 0 ? random.Next(2, 4) : 1; changes > 0; changes--)
        {
            string[] files = [.. Directory.EnumerateFiles(folder).Where(file => new FileInfo(file).LinkTarget is null).Order(StringComparer.Ordinal)];
            if (files.Length == 0)
            {
                return;
            }

            Change(random, folder, files[random.Next(files.Length)], files[random.Next(files.Length)]);
        }
    }

    private static void Change(Random random, string folder, string file, string other)
    {
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                File.WriteAllBytes(file, Mutator.Mutate(random, File.ReadAllBytes(file), file.EndsWith(".json", StringComparison.Ordinal) ? "\""u8 : "{"u8));
                break;
            case 3 or 4 or 5:
                string config = Path.Combine(folder, "adapter_config.json");
                if (new FileInfo(config) is { Exists: true, LinkTarget: null })
                {
                    File.WriteAllText(config, WithOtherValue(random, File.ReadAllText(config, Encoding.Latin1)), Encoding.Latin1);
                }

                break;
            case 6 when NewName(random, folder) is { } name:
                File.Move(file, name);
                break;
            case 7 when NewName(random, folder) is { } name:
                File.Copy(other, name);
                break;
            case 8:
                File.Delete(file);
                break;
            default:
                Replace(random, file);
                break;
        }
    }

    private static string? NewName(Random random, string folder)
    {
        string path = Path.Combine(folder, Names[random.Next(Names.Length)]);
        return Path.Exists(path) || new FileInfo(path).LinkTarget is not null ? null : path;
    }

    // The file's name leads to something that is no file.
    private static void Replace(Random random, string file)
    {
        File.Delete(file);
        switch (random.Next(4))
        {
            case 0: Directory.CreateDirectory(file); break;
            case 1: File.CreateSymbolicLink(file, "nowhere"); break;
            case 2: File.CreateSymbolicLink(file, "/dev/zero"); break;
            default: File.WriteAllBytes(file, []); break;
        }
    }

    private static string WithOtherValue(Random random, string json)
    {
        MatchCollection values = Value().Matches(json);
        if (values.Count == 0)
        {
            return json;
        }

        Group value = values[random.Next(values.Count)].Groups[1];
        return string.Concat(json.AsSpan(0, value.Index), Values[random.Next(Values.Length)], json.AsSpan(value.Index + value.Length));
    }

    [GeneratedRegex("""(?:[:\[,]\s*)("[^"]*"|[-\w.+]+)""")]
    private static partial Regex Value();
}
