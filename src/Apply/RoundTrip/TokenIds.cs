using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Transfuse.Apply.Models;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.RoundTrip;

/// <summary>Ids to run a model on: from a file, or drawn.</summary>
/// <example>
/// <code>
/// IReadOnlyList&lt;int[]&gt; drawn = TokenIds.Draw(model.Vocabulary, 32, seed: 0);
/// </code>
/// </example>
public static class TokenIds
{
    private const long LargestFile = 64 << 20;

    /// <summary>Sequences from a JSON list of lists, or from <c>input_ids</c> (int32, batch x tokens) of a safetensors file.</summary>
    /// <exception cref="ModelException">The file holds no ids.</exception>
    /// <exception cref="ContainerException">The file is broken.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static ImmutableArray<int[]> Read(string path)
    {
        if (Path.GetExtension(path) == ".safetensors")
        {
            return ReadSafetensors(path);
        }

        if (new FileInfo(path).Length > LargestFile)
        {
            throw Invalid(path, $"has more than {LargestFile} bytes");
        }

        JsonValue root = PythonJson.Parse(File.ReadAllBytes(path), path);
        return root is JsonArray { Items: { IsEmpty: false } rows }
? [.. rows.Select(
    (row, index) => row is JsonArray { Items: { IsEmpty: false } ids } ? ids.Select(id => Id(path, id))
        .ToArray() : throw Invalid(path, $"element {index} is no list of ids"))]
            : throw Invalid(path, $"is {root.Kind}; ids are a list of lists of integers");
    }

    /// <summary>One sequence of ids drawn evenly; the same seed gives the same ids.</summary>
    public static ImmutableArray<int[]> Draw(int count, int vocabulary, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var random = new Random(seed);
        return [[.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))]];
    }

    private static ImmutableArray<int[]> ReadSafetensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        LazyTensor tensor = file.Tensors.FirstOrDefault(entry => entry.Name == "input_ids").Tensor ?? throw Invalid(path, "has no tensor input_ids");
        if (tensor.DType != DType.I32 || tensor.Shape.Rank != 2 || tensor.Shape.ElementCount is 0 or > LargestFile / sizeof(int))
        {
            throw Invalid(path, $"has input_ids {tensor.DType} {tensor.Shape}; they are int32 (batch, tokens)");
        }

        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        int tokens = (int)tensor.Shape[1];
        int[] all = MemoryMarshal.Cast<byte, int>(bytes).ToArray();
        return [.. Enumerable.Range(0, (int)tensor.Shape[0]).Select(row => all.AsSpan(row * tokens, tokens).ToArray())];
    }

    private static int Id(string path, JsonValue value) =>
        value is JsonNumber number && number.TryGetInteger(out long id) && id is >= 0 and <= int.MaxValue
            ? (int)id
            : throw Invalid(path, $"holds {value.Kind}, which is no id");

    private static ModelException Invalid(string path, string detail) => new(ModelError.FieldInvalid, path, detail);
}
