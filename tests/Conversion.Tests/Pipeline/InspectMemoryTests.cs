using System.Text;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Adapters of single experts have tens of thousands of tensors: what is made for each is counted, not timed.</summary>
public class InspectMemoryTests
{
    private const int Experts = 1000;

    [Fact]
    public void Few_bytes_are_allocated_for_each_tensor()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Files();
        Inspect(files);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Inspection inspection = Inspect(files);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(3 * Experts, inspection.Adapter!.Modules.Length);

        // The name of such a tensor alone takes 170 bytes, its entry in the header another 160. It was 4,400 once.
        Assert.InRange(bytes / (6 * Experts), 0, 2400);
    }

    [Fact]
    public void Tensors_of_one_shape_share_it()
    {
        TensorShape[] shapes = [.. Inspect(Files()).Adapter!.Modules.Where(module => module.Path.Leaf == "up_proj").Select(module => module.B.Shape)];
        Assert.Equal(Experts, shapes.Length);
        Assert.All(shapes, shape => Assert.True(shape.Dimensions == shapes[0].Dimensions));
    }

    private static Inspection Inspect(Dictionary<string, ReadOnlyMemory<byte>> files)
    {
        using IAdapterSource source = AdapterSource.FromMemory("experts", files);
        return AdapterInspector.Inspect(source, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Files()
    {
        var tensors = new List<OracleTensor>();
        for (int expert = 0; expert < Experts; expert++)
        {
            foreach ((string module, int inputs, int outputs) in new[] { ("gate_proj", 16, 8), ("up_proj", 16, 8), ("down_proj", 8, 16) })
            {
                string path = $"base_model.model.model.layers.{expert / 100}.mlp.experts.{expert % 100}.{module}";
                tensors.Add(OracleTensor.F32(path + ".lora_A.weight", DenseArray.Zeros(1, inputs)));
                tensors.Add(OracleTensor.F32(path + ".lora_B.weight", DenseArray.Zeros(outputs, 1)));
            }
        }

        return new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            ["adapter_config.json"] = Encoding.UTF8.GetBytes(
                """{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["gate_proj", "up_proj", "down_proj"]}"""),
            ["adapter_model.safetensors"] = OracleSafetensors.ToBytes(tensors),
        };
    }
}
