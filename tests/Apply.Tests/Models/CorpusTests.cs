using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Models;

/// <summary>The recorded models are all there, and whole.</summary>
public class CorpusTests
{
    private static readonly string Models = Path.Combine(Fixtures.RepositoryRoot, "tests", "fixtures", "models");

    [Fact]
    public void Has_177_models_each_with_base_adapter_and_logits()
    {
        string[] cases = Directory.GetDirectories(Models);
        string[] files =
            ["case.json", "expected.safetensors", "base/config.json", "base/model.safetensors", "adapter/adapter_config.json", "adapter/adapters.safetensors"];

        Assert.Equal(177, cases.Length);
        Assert.All(cases, folder => Assert.All(files, file => Assert.True(File.Exists(Path.Combine(folder, file)), $"{folder} lacks {file}")));
    }
}
