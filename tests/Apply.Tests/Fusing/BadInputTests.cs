using Transfuse.Apply.Fusing;
using Transfuse.Formats.Files;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Bases and outputs that are not what they should be: a clear error, nothing written, nothing lost.</summary>
public class BadInputTests
{
    private static readonly string Llama = Fixtures.HfBaseFolder("llama");
    private static readonly string Adapter = Fixtures.Case("llama_all_linear").AdapterFolder;

    [Fact]
    public void Names_the_weights_that_the_base_lacks()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Where(tensor => tensor.Name != "model.layers.1.mlp.up_proj.weight"));

        Refuses(model, folder, "TF4010", "model.layers.1.mlp.up_proj", "the base's weights have no model.layers.1.mlp.up_proj in layer 1");
    }

    [Fact]
    public void Names_the_weights_that_a_base_of_unknown_names_lacks()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Where(tensor => tensor.Name != "model.layers.1.mlp.up_proj.weight"));
        var options = new FusionOptions { Reading = Conversion.ConversionOptions.Default with { ModelType = "identity" } };

        FusionResult result = Merge.Run(model, folder["out"], options, Adapter);

        Assert.Equal("error TF6002 model.layers.1.mlp.up_proj: the base has no model.layers.1.mlp.up_proj.weight", Assert.Single(result.Findings).ToString());
    }

    [Fact]
    public void Names_a_weight_of_another_shape()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Select(tensor =>
            tensor.Name == "model.layers.1.mlp.up_proj.weight" ? OracleTensor.Of(tensor.Name, DenseArray.Zeros(96, 32), "BF16") : tensor));

        Refuses(
            model, folder, "TF6003", "model.layers.1.mlp.up_proj", "has lora_A (4, 64) and lora_B (96, 4), but model.layers.1.mlp.up_proj.weight is (96, 32)");
    }

    [Fact]
    public void Names_a_weight_to_which_nothing_can_be_added()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Select(tensor => tensor.Name == "model.layers.1.mlp.up_proj.weight"
            ? new OracleTensor(tensor.Name, "I8", tensor.Shape, tensor.Values, new byte[tensor.Values.Length])
            : tensor));

        Refuses(model, folder, "TF6004", "model.layers.1.mlp.up_proj.weight", "is I8 (96, 64)");
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    public void Stops_at_a_result_that_is_not_finite(float value)
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Select(tensor =>
        {
            if (tensor.Name == "model.layers.1.mlp.up_proj.weight")
            {
                tensor.Values[(5 * 64) + 7] = value;
            }

            return OracleTensor.Of(tensor.Name, tensor.ToArray(), "F32");
        }));

        Refuses(model, folder, "TF6005", "model.layers.1.mlp.up_proj.weight", "the value in row 5, column 7 is not finite");
    }

    [Fact]
    public void Stops_where_the_sum_leaves_the_range_of_float16()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors.Select(tensor => OracleTensor.Of(tensor.Name, tensor.ToArray(), "F16")));

        FusionResult result = Merge.Run(model, folder["out"], new FusionOptions { Strength = 1e7 }, Adapter);

        Assert.Equal("TF6005", Assert.Single(result.Findings, finding => finding.Severity == Metadata.Findings.Severity.Error).Code.Id);
        Assert.False(Path.Exists(folder["out"]));
    }

    [Fact]
    public void Names_a_missing_shard()
    {
        using var folder = new TemporaryFolder();
        string model = Shards.Split(Llama, folder["base"], 3);
        File.Delete(Path.Combine(model, "model-00002-of-00003.safetensors"));

        Refuses(model, folder, "TF6001", Path.Combine(model, "model.safetensors.index.json"), "names model-00002-of-00003.safetensors, which is not there");
    }

    [Fact]
    public void Names_a_missing_shard_without_an_index()
    {
        using var folder = new TemporaryFolder();
        string model = Shards.Split(Llama, folder["base"], 3);
        File.Delete(Path.Combine(model, "model-00003-of-00003.safetensors"));
        File.Delete(Path.Combine(model, "model.safetensors.index.json"));

        Refuses(model, folder, "TF6001", model, "has no model-00003-of-00003.safetensors, by the names of the other shards");
    }

    [Theory]
    [InlineData("\"lm_head.weight\": \"model-00001", "\"lm_head.weight\": \"model-00002", "does not name lm_head.weight in model-00001-of-00003.safetensors")]
    [InlineData("\"lm_head.weight\"", "\"lm_head.weights\"", "names lm_head.weights, which no shard holds")]
    [InlineData(
        "\"model-00001-of-00003.safetensors\"", "\"../model-00001-of-00003.safetensors\"",
        "names the file '../model-00001-of-00003.safetensors', which is no plain name of a safetensors file")]
    [InlineData("\"weight_map\"", "\"map\"", "has no weight_map from tensors to file names")]
    public void Names_what_an_index_gets_wrong(string text, string instead, string message)
    {
        using var folder = new TemporaryFolder();
        string model = Shards.Split(Llama, folder["base"], 3);
        Shards.Edit(model, index => index.Replace(text, instead, StringComparison.Ordinal));

        Refuses(model, folder, "TF6001", Path.Combine(model, "model.safetensors.index.json"), message);
    }

    [Fact]
    public void Names_a_tensor_that_two_shards_hold()
    {
        using var folder = new TemporaryFolder();
        string model = Shards.Split(Llama, folder["base"], 2);
        File.Delete(Path.Combine(model, "model.safetensors.index.json"));
        File.Copy(Path.Combine(model, "model-00001-of-00002.safetensors"), Path.Combine(model, "model-00002-of-00002.safetensors"), overwrite: true);

        FusionResult result = Merge.Run(model, folder["out"], null, Adapter);

        Assert.Equal("is in model-00001-of-00002.safetensors and in model-00002-of-00002.safetensors", Assert.Single(result.Findings).Message);
    }

    [Fact]
    public void Names_a_base_without_safetensors()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["base"]);
        File.Copy(Path.Combine(Llama, "config.json"), Path.Combine(folder["base"], "config.json"));
        File.WriteAllText(Path.Combine(folder["base"], "pytorch_model.bin"), "x");

        Refuses(
            folder["base"],
            folder,
            "TF6001",
            folder["base"],
            "has no model.safetensors, no model.safetensors.index.json and no shards; its .bin files are PyTorch's, which are to be saved as safetensors "
            + "first");
    }

    [Fact]
    public void Names_a_truncated_weights_file()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors);
        string file = Path.Combine(model, "model.safetensors");
        using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(stream.Length - 100);
        }

        FusionResult result = Merge.Run(model, folder["out"], null, Adapter);

        Assert.StartsWith("TF11", Assert.Single(result.Findings).Code.Id, StringComparison.Ordinal);
        Assert.False(Path.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("base")]
    [InlineData("base/merged")]
    [InlineData(".")]
    [InlineData("adapter")]
    [InlineData("link/merged")]
    public void Refuses_an_output_that_is_or_holds_or_lies_in_what_is_read(string output)
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors);
        string adapter = Directory.CreateDirectory(folder["adapter"]).FullName;
        foreach (string file in Directory.GetFiles(Adapter))
        {
            File.Copy(file, Path.Combine(adapter, Path.GetFileName(file)));
        }

        Directory.CreateSymbolicLink(folder["link"], model);
        string[] before = [.. Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

        FusionResult result = Merge.Run(model, folder[output], new FusionOptions { Folder = new AtomicFolderOptions { Overwrite = true } }, adapter);

        Assert.Equal("TF6014", Assert.Single(result.Findings).Code.Id);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Replaces_a_model_only_when_asked_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        Merge.Succeed(Llama, folder["out"], null, Adapter);
        Directory.CreateDirectory(folder["photos"]);
        File.WriteAllText(Path.Combine(folder["photos"], "a.jpg"), "x");
        var overwrite = new FusionOptions { Folder = new AtomicFolderOptions { Overwrite = true } };

        Assert.Equal("TF5016", Assert.Single(Merge.Run(Llama, folder["out"], null, Adapter).Findings).Code.Id);
        Assert.Equal("TF5016", Assert.Single(Merge.Run(Llama, folder["photos"], overwrite, Adapter).Findings).Code.Id);
        Assert.True(Merge.Run(Llama, folder["out"], overwrite, Adapter).IsWritten);
        Assert.True(File.Exists(Path.Combine(folder["photos"], "a.jpg")));
    }

    [Fact]
    public void Copies_side_files_and_names_other_weights_that_it_leaves_out()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors);
        File.WriteAllText(Path.Combine(model, "tokenizer.json"), "{\"t\": 1}");
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), "{{ x }}");
        File.WriteAllText(Path.Combine(model, "pytorch_model.bin"), "old");
        File.WriteAllText(Path.Combine(model, "consolidated.safetensors"), "old");

        FusionResult result = Merge.Succeed(model, folder["out"], null, Adapter);

        Assert.Equal(
            ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"],
            Directory.GetFiles(folder["out"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal("{\"t\": 1}", File.ReadAllText(Path.Combine(folder["out"], "tokenizer.json")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, "config.json")), File.ReadAllBytes(Path.Combine(folder["out"], "config.json")));
        Assert.Equal(
            "consolidated.safetensors, pytorch_model.bin were not copied", Assert.Single(result.Findings, finding => finding.Code.Id == "TF6011").Message);
    }

    [Fact]
    public void What_is_no_file_of_the_base_is_named_and_not_copied()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors);
        File.WriteAllText(Path.Combine(model, "tokenizer.json"), "{}");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(model, "queue.json")]))
        {
            made.WaitForExit();
            Assert.Equal(0, made.ExitCode);
        }

        File.WriteAllText(folder["secret"], "s");
        File.CreateSymbolicLink(Path.Combine(model, "notes.txt"), folder["secret"]);
        File.CreateSymbolicLink(Path.Combine(model, "copy.json"), "tokenizer.json");

        FusionResult result = Merge.Succeed(model, folder["out"], null, Adapter);

        Assert.Equal(
            ["copy.json", "config.json", "model.safetensors", "tokenizer.json"],
            Directory.EnumerateFileSystemEntries(folder["out"]).Select(file => Path.GetFileName(file)).OrderBy(name => name == "copy.json" ? 0 : 1)
                .ThenBy(name => name, StringComparer.Ordinal));
        Assert.Equal(
            [
                $"warning TF6019 {Path.Combine(model, "notes.txt")}: is a link to a file outside the folder, and was not copied",
                $"warning TF6019 {Path.Combine(model, "queue.json")}: is no regular file, and was not copied",
            ],
            result.Findings.Where(finding => finding.Code.Id == "TF6019").Select(finding => finding.ToString()));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void A_base_whose_own_file_is_a_FIFO_is_refused_and_not_waited_for(string file)
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Llama, folder["base"], tensors => tensors);
        File.Delete(Path.Combine(model, file));
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(model, file)]))
        {
            made.WaitForExit();
        }

        string error;
        try
        {
            error = Assert.Single(Merge.Run(model, folder["out"], null, Adapter).Findings).Code.Id;
        }
        catch (ContainerException broken)
        {
            error = Conversion.Sources.DamagedFile.Describe(broken).Code.Id;
        }

        Assert.Equal("TF1089", error);
        Assert.False(Path.Exists(folder["out"]));
    }

    [Fact]
    public void A_model_of_more_shards_is_replaced_whole()
    {
        using var folder = new TemporaryFolder();
        Shards.Split(Llama, folder["out"], 3);
        File.WriteAllText(folder["out/notes.txt"], "mine");
        File.WriteAllText(folder["out/adapters.safetensors"], "mine too");
        string two = Shards.Split(Llama, folder["two"], 2);
        var overwrite = new FusionOptions { Folder = new AtomicFolderOptions { Overwrite = true } };

        Merge.Succeed(two, folder["out"], overwrite, Adapter);
        string[] afterTwo = Names(folder["out"]);
        Merge.Succeed(Llama, folder["out"], overwrite, Adapter);

        Assert.Equal(
            [
                "adapters.safetensors", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json", "notes.txt",
            ],
            afterTwo);
        Assert.Equal(["adapters.safetensors", "config.json", "generation_config.json", "model.safetensors", "notes.txt"], Names(folder["out"]));
        Assert.Equal("mine", File.ReadAllText(folder["out/notes.txt"]));
    }

    [Fact]
    public void A_base_whose_files_are_links_into_the_output_is_refused()
    {
        using var folder = new TemporaryFolder();
        string older = Merge.Rewrite(Llama, folder["out"], tensors => tensors);
        Directory.CreateDirectory(folder["base"]);
        foreach (string file in Directory.GetFiles(older))
        {
            File.CreateSymbolicLink(Path.Combine(folder["base"], Path.GetFileName(file)), file);
        }

        FusionResult result = Merge.Run(folder["base"], folder["out"], new FusionOptions { Folder = new AtomicFolderOptions { Overwrite = true } }, Adapter);

        Metadata.Findings.Finding error = Assert.Single(result.Findings, finding => finding.Severity == Metadata.Findings.Severity.Error);
        Assert.Equal("TF5016", error.Code.Id);
        Assert.Contains("which is read for it", error.Message, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Llama, "config.json")), File.ReadAllBytes(Path.Combine(folder["out"], "config.json")));
    }

    [Theory]
    [InlineData("lora_parameters.scale", null, "TF3501", "run transfuse repair --scale NUMBER")]
    [InlineData(
        "lora_parameters.dropout", "\"high\"", "TF3565", "0 was taken, and mlx-lm uses it in training only; transfuse repair --dropout NUMBER gives another")]
    public void What_the_config_leaves_open_is_for_repair_to_answer(string field, string? value, string code, string message)
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy adapter = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        adapter.Set(field, value);

        FusionResult result = Merge.Run(Fixtures.MlxBaseFolder("llama"), folder["out"], null, adapter.Save());

        Metadata.Findings.Finding error = Assert.Single(result.Findings, finding => finding.Code.Id == code);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal("Merge what transfuse repair makes of the adapter with that option.", error.Remedy);
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void Refuses(string model, TemporaryFolder folder, string code, string subject, string message)
    {
        FusionResult result = Merge.Run(model, folder["out"], null, Adapter);

        Metadata.Findings.Finding error = Assert.Single(result.Findings, finding => finding.Severity == Metadata.Findings.Severity.Error);
        Assert.Equal((code, subject, message), (error.Code.Id, error.Subject, error.Message));
        Assert.False(result.IsWritten);
        Assert.Equal(
            [Path.GetFileName(model)],
            model.StartsWith(folder.Path, StringComparison.Ordinal)
                ? Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName)
                : [Path.GetFileName(model)]);
    }
}
