using Transfuse.Apply.Backends;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Models;

/// <summary>Folders that are no model: each gives an error with the name, and costs no more than its files.</summary>
public abstract class HostileModelTests(Func<ITensorBackend> newBackend)
{
    private static readonly ModelCase Good = ModelCase.Load("llama");

    [Theory]
    [InlineData("num_attention_heads", "0")]
    [InlineData("num_attention_heads", "-4")]
    [InlineData("num_attention_heads", "3")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("num_hidden_layers", "1000000000")]
    [InlineData("num_hidden_layers", "-1")]
    [InlineData("num_hidden_layers", "2.5")]
    [InlineData("num_hidden_layers", "\"2\"")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "1e300")]
    [InlineData("vocab_size", "9223372036854775807")]
    [InlineData("head_dim", "1000000")]
    [InlineData("intermediate_size", "[]")]
    [InlineData("rope_theta", "NaN")]
    [InlineData("rope_theta", "0")]
    [InlineData("rope_theta", "-Infinity")]
    [InlineData("rms_norm_eps", "Infinity")]
    [InlineData("rope_scaling", "{\"rope_type\": \"unheard_of\"}")]
    [InlineData("rope_scaling", "{\"rope_type\": \"linear\"}")]
    [InlineData("rope_scaling", "{\"rope_type\": \"longrope\", \"long_factor\": [1]}")]
    [InlineData("layer_types", "[\"full_attention\"]")]
    [InlineData("model_type", "\"unheard_of\"")]
    [InlineData("model_type", "17")]
    public void Refuses_a_config_that_makes_no_model(string field, string value)
    {
        using var folder = Copy(config => config.Replace($"\"{field}\"", $"\"{field}_before\"", StringComparison.Ordinal).Insert(1, $"\"{field}\": {value}, "));

        RefusesWithoutAllocation(folder.Path);
    }

    [Theory]
    [InlineData("model_type")]
    [InlineData("hidden_size")]
    [InlineData("num_hidden_layers")]
    public void Refuses_a_config_without_a_field_that_it_needs(string field)
    {
        using var folder = Copy(config => config.Replace($"\"{field}\"", "\"renamed\"", StringComparison.Ordinal));

        Assert.Equal(field, RefusesWithoutAllocation(folder.Path).Subject);
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.weight", ModelError.TensorMissing)]
    [InlineData("model.norm.weight", ModelError.TensorMissing)]
    [InlineData("model.embed_tokens.weight", ModelError.TensorMissing)]
    public void Names_a_missing_tensor(string name, ModelError cause)
    {
        using var folder = WithTensors(tensors => tensors.RemoveAll(tensor => tensor.Name == name));

        ModelException refusal = RefusesWithoutAllocation(folder.Path);
        Assert.Equal((cause, name), (refusal.Cause, refusal.Subject));
    }

    [Fact]
    public void Names_a_tensor_of_another_shape()
    {
        using var folder = WithTensors(tensors => Replace(tensors, "model.layers.0.mlp.down_proj.weight", tensor => tensor.Slice(1, 0, tensor.Shape[1] - 1)));

        ModelException refusal = RefusesWithoutAllocation(folder.Path);
        Assert.Equal((ModelError.TensorInvalid, "model.layers.0.mlp.down_proj.weight"), (refusal.Cause, refusal.Subject));
    }

    [Fact]
    public void Names_a_tensor_that_it_has_no_use_for()
    {
        using var folder = WithTensors(
            tensors => tensors.Add(new NamedTensor("model.layers.0.self_attn.q_proj.bias", LazyTensorOperations.Zeros(DType.F32, new TensorShape(32)))));

        ModelException refusal = RefusesWithoutAllocation(folder.Path);
        Assert.Equal((ModelError.TensorUnused, "model.layers.0.self_attn.q_proj.bias"), (refusal.Cause, refusal.Subject));
    }

    [Fact]
    public void Names_a_weight_that_is_not_a_number()
    {
        using var folder = WithTensors(tensors => Replace(tensors, "model.layers.0.mlp.up_proj.weight", tensor =>
        {
            float[] values = tensor.ToSingles();
            values[7] = float.NaN;
            return new MemoryTensor(DType.F32, tensor.Shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }));
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(folder.Path, backend);

        ModelException refusal = Assert.Throws<ModelException>(() => model.Logits(Good.Ids, 2));
        Assert.Equal((ModelError.NotFinite, "model.layers.0.mlp.up_proj.weight"), (refusal.Cause, refusal.Subject));
    }

    [Fact]
    public void Refuses_ids_beyond_the_vocabulary()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Good.Base, backend);

        Assert.Throws<ArgumentException>(() => model.Logits([67]));
        Assert.Throws<ArgumentException>(() => model.Logits([-1]));
        Assert.Throws<ArgumentException>(() => model.Logits([]));
        Assert.Throws<ArgumentException>(() => model.Logits([1, 2, 3], 2));
    }

    [Fact]
    public void Refuses_a_folder_without_weights()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Good.Base, "config.json"), Path.Combine(folder.Path, "config.json"));

        Assert.Equal(ModelError.FileMissing, RefusesWithoutAllocation(folder.Path).Cause);
    }

    private ModelException RefusesWithoutAllocation(string folder)
    {
        using ITensorBackend backend = newBackend();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ModelException refusal = Assert.Throws<ModelException>(() => LanguageModel.Load(folder, backend).Dispose());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        return refusal;
    }

    private static TemporaryFolder Copy(Func<string, string> config)
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), config(File.ReadAllText(Path.Combine(Good.Base, "config.json")).Trim()));
        File.Copy(Path.Combine(Good.Base, "model.safetensors"), Path.Combine(folder.Path, "model.safetensors"));
        return folder;
    }

    private static TemporaryFolder WithTensors(Action<List<NamedTensor>> change)
    {
        var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Good.Base, "config.json"), Path.Combine(folder.Path, "config.json"));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Good.Base, "model.safetensors"));
        List<NamedTensor> tensors = [.. file.Tensors];
        change(tensors);
        using var sink = new FileByteSink(Path.Combine(folder.Path, "model.safetensors"));
        SafetensorsWriter.Write(sink, tensors, null);
        return folder;
    }

    private static void Replace(List<NamedTensor> tensors, string name, Func<LazyTensor, LazyTensor> change)
    {
        int index = tensors.FindIndex(tensor => tensor.Name == name);
        tensors[index] = new NamedTensor(name, change(tensors[index].Tensor));
    }
}
