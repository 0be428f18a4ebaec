using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>A zip of .npy members in C order; MLX writes bfloat16 with the descriptor V2.</summary>
public static class OracleNpz
{
    private static readonly Regex Descriptor = new(@"'descr':\s*'([^']+)'");
    private static readonly Regex Shape = new(@"'shape':\s*\(([^)]*)\)");

    public static IReadOnlyDictionary<string, OracleTensor> Read(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        Dictionary<string, OracleTensor> tensors = new(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using Stream stream = entry.Open();
            using MemoryStream memory = new();
            stream.CopyTo(memory);
            byte[] member = memory.ToArray();
            int headerStart = member[6] == 1 ? 10 : 12;
            int headerLength = member[6] == 1 ? BitConverter.ToUInt16(member, 8) : BitConverter.ToInt32(member, 8);
            string header = Encoding.ASCII.GetString(member, headerStart, headerLength);
            string name = entry.FullName[..^".npy".Length];
            if (header.Contains("'fortran_order': True", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"{name} is in Fortran order");
            }

            string dtype = Descriptor.Match(header).Groups[1].Value.TrimStart('<', '|') switch
            {
                "f4" => "F32",
                "f2" => "F16",
                "V2" => "BF16",
                "f8" => "F64",
                string other => throw new InvalidDataException($"{name} has descriptor {other}"),
            };
            long[] shape = [.. Shape.Match(header).Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(d => long.Parse(d, CultureInfo.InvariantCulture))];
            byte[] data = member[(headerStart + headerLength)..];
            tensors.Add(name, new OracleTensor(name, dtype, shape, OracleDType.Decode(dtype, data), data));
        }

        return tensors;
    }
}
