using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Support;

/// <summary>A recorded model of tests/fixtures/models: a base, an adapter, and what mlx-lm computes with them.</summary>
public sealed class ModelCase
{
    /// <summary>The README says why.</summary>
    public const double Tolerance = 1e-3;

    private static readonly string Root = Path.Combine(Fixtures.RepositoryRoot, "tests", "fixtures", "models");

    private ModelCase(string name)
    {
        Name = name;
        string folder = Path.Combine(Root, name);
        Base = Path.Combine(folder, "base");
        Adapter = Path.Combine(folder, "adapter");
        JsonObject description = PythonJson.ParseObject(File.ReadAllBytes(Path.Combine(folder, "case.json")), name);
        Type = ((JsonString)description["type"]!).Value;
        UsesCache = description["logits_with_cache"] is JsonBoolean { Value: true };
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        Ids = Integers(expected, "input_ids");
        LogitsBase = Floats(expected, "logits_base");
        LogitsAdapter = Floats(expected, "logits_adapter");
        GeneratedBase = Integers(expected, "generated_base");
        GeneratedAdapter = Integers(expected, "generated_adapter");
    }

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public string Name { get; }

    public string Type { get; }

    public string Base { get; }

    public string Adapter { get; }

    public bool UsesCache { get; }

    /// <summary>Two sequences of 20.</summary>
    public int[] Ids { get; }

    public float[] LogitsBase { get; }

    public float[] LogitsAdapter { get; }

    public int[] GeneratedBase { get; }

    public int[] GeneratedAdapter { get; }

    public static ModelCase Load(string name) => new(name);

    public static double Largest(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }

    private static float[] Floats(SafetensorsFile file, string name) => file.Tensors.Single(tensor => tensor.Name == name).Tensor.ToSingles();

    private static int[] Integers(SafetensorsFile file, string name)
    {
        LazyTensor tensor = file.Tensors.Single(entry => entry.Name == name).Tensor;
        Assert.Equal(DType.I32, tensor.DType);
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes).ToArray();
    }
}
