using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Files;

namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>What MLX refuses is an exception with its message; the process lives, and the next call is fine.</summary>
[Collection(nameof(Alone))]
public class MlxErrorTests
{
    [Fact]
    public void Shapes_that_do_not_fit_give_the_message_of_MLX()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        BackendArray two = backend.FromSingles([1, 2], 2), three = backend.FromSingles([1, 2, 3], 3);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => backend.Add(two, three));

        Assert.Equal("add", Assert.IsType<MlxException>(refusal.InnerException).Operation);
        Assert.Contains("broadcast", refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Throws<ArgumentException>(() => backend.Reshape(three, 2, 2));
        Assert.Throws<ArgumentException>(() => backend.Permute(three, 1));
        Assert.Throws<ArgumentException>(() => backend.Concat(0, two, backend.FromSingles([1, 2], 1, 2)));
        Assert.Throws<ArgumentException>(() => backend.FromSingles([1], 2));
        Assert.Equal([2, 4], backend.ToSingles(backend.Add(two, two)));
    }

    [Fact]
    public void An_error_inside_of_work_ends_the_work_and_frees_its_arrays()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        MlxLifetimeTests.Collect();
        long before = MlxBackend.LiveArrays;

        Assert.Throws<ArgumentException>(() => backend.Run(() => backend.Add(backend.FromSingles([1, 2], 2), backend.FromSingles([1, 2, 3], 3))));

        Assert.Equal(before, MlxBackend.LiveArrays);
    }

    [Fact]
    public void An_array_of_another_backend_is_refused()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        using var managed = new ManagedBackend();

        Assert.Throws<ArgumentException>(() => backend.Add(managed.FromSingles([1], 1), backend.FromSingles([1], 1)));
        Assert.Throws<ArgumentException>(() => backend.ToSingles(backend.FromIntegers([1], 1)));
    }

    [Fact]
    public void A_damaged_file_and_a_missing_one_are_named_before_MLX_sees_them()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        ModelCase llama = ModelCase.Load("llama");
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.Copy(Path.Combine(llama.Base, "config.json"), Path.Combine(folder, "config.json"));
            Assert.Equal(ModelError.FileMissing, Assert.Throws<ModelException>(() => LanguageModel.Load(folder, backend)).Cause);
            byte[] bytes = File.ReadAllBytes(Path.Combine(llama.Base, "model.safetensors"));
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), bytes[..^100]);
            Assert.ThrowsAny<ContainerException>(() => LanguageModel.Load(folder, backend).Dispose());
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        using LanguageModel model = LanguageModel.Load(llama.Base, backend);
        Assert.InRange(ModelCase.Largest(llama.LogitsBase, model.Logits(llama.Ids, 2)), 0, ModelCase.Tolerance);
    }

    [Fact]
    public void The_library_and_the_device_are_described_and_proved()
    {
        using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true });

        Assert.Null(MlxProbe.Failure(backend));
        Assert.Equal("mlx-cpu", backend.Name);
        Assert.False(backend.IsOnGpu);
        Assert.Matches(@"^0\.\d+\.\d+", backend.Library.Version);
        Assert.StartsWith("0.6.0", backend.Library.BindingVersion, StringComparison.Ordinal);
        Assert.Equal("cpu", backend.Device.Kind);
    }
}
