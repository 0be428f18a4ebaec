using System.IO.Compression;

namespace Transfuse.Oracle;

/// <summary>A torch.save file of a plain dict of tensors, in torch's zip form or the older one of five pickles; read on a symbolic stack.</summary>
public static class OracleTorchFile
{
    public static IReadOnlyDictionary<string, OracleTensor> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return file.AsSpan().StartsWith("PK"u8) ? FromZip(file) : FromPickles(file);
    }

    private static Dictionary<string, OracleTensor> FromZip(byte[] file)
    {
        using ZipArchive zip = new(new MemoryStream(file));
        ZipArchiveEntry program = zip.Entries.Single(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal));
        string top = program.FullName[..^"data.pkl".Length];
        int position = 0;
        object? root = OraclePickle.Load(Bytes(program), ref position);
        return Tensors(root, key => Bytes(zip.GetEntry(top + "data/" + key)!));
    }

    private static Dictionary<string, OracleTensor> FromPickles(byte[] file)
    {
        int position = 0;
        OraclePickle.Load(file, ref position); // magic number
        OraclePickle.Load(file, ref position); // protocol version
        OraclePickle.Load(file, ref position); // system information
        object? root = OraclePickle.Load(file, ref position);
        List<object?> keys = (List<object?>)OraclePickle.Load(file, ref position)!;
        Dictionary<string, (string Class, long Count)> storages = new(StringComparer.Ordinal);
        foreach (OraclePickle.Tensor tensor in ((Dictionary<object, object?>)root!).Values.OfType<OraclePickle.Tensor>())
        {
            storages[tensor.Key] = (tensor.StorageClass, tensor.Count);
        }

        Dictionary<string, byte[]> data = new(StringComparer.Ordinal);
        foreach (string key in keys.Cast<string>())
        {
            int length = (int)BitConverter.ToInt64(file, position) * OracleDType.Size(DTypeOf(storages[key].Class));
            data[key] = file.AsSpan(position + 8, length).ToArray();
            position += 8 + length;
        }

        return Tensors(root, key => data[key]);
    }

    private static Dictionary<string, OracleTensor> Tensors(object? root, Func<string, byte[]> storage)
    {
        Dictionary<string, OracleTensor> tensors = new(StringComparer.Ordinal);
        foreach ((object name, object? value) in (Dictionary<object, object?>)root!)
        {
            OraclePickle.Tensor tensor = (OraclePickle.Tensor)value!;
            string dtype = DTypeOf(tensor.StorageClass);
            int size = OracleDType.Size(dtype);
            byte[] from = storage(tensor.Key);
            long count = DenseArray.CountOf(tensor.Shape);
            byte[] bytes = new byte[count * size];
            for (long i = 0; i < count; i++)
            {
                long at = tensor.Offset;
                long rest = i;
                for (int d = tensor.Shape.Length - 1; d >= 0; d--)
                {
                    at += rest % tensor.Shape[d] * tensor.Strides[d];
                    rest /= tensor.Shape[d];
                }

                Array.Copy(from, at * size, bytes, i * size, size);
            }

            tensors.Add((string)name, new OracleTensor((string)name, dtype, tensor.Shape, OracleDType.Decode(dtype, bytes), bytes));
        }

        return tensors;
    }

    private static string DTypeOf(string storageClass) => storageClass switch
    {
        "torch FloatStorage" => "F32",
        "torch HalfStorage" => "F16",
        "torch BFloat16Storage" => "BF16",
        "torch DoubleStorage" => "F64",
        "torch LongStorage" => "I64",
        "torch IntStorage" => "I32",
        _ => throw new InvalidDataException($"storage class {storageClass}"),
    };

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
