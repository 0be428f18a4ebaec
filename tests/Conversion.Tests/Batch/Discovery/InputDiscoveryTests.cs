using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Batch.Discovery;

public sealed class InputDiscoveryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_path_is_the_input_and_its_output_the_folder_itself()
    {
        DiscoveredInputs found = InputDiscovery.Find([_folder["nowhere"]]);
        Assert.True(found.IsSingle);
        Assert.Equal((_folder["nowhere"], string.Empty), (found.Inputs.Single().Path, found.Inputs.Single().Name));
    }

    [Fact]
    public void Headers_are_looked_into_only_where_several_share_the_memory()
    {
        // A tensor of 4 bytes and one of 80 MB, which has no place on the disk.
        byte[] header = """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[80000000],"data_offsets":[4,80000004]}}"""u8.ToArray();
        foreach (string name in new[] { "one", "two" })
        {
            Directory.CreateDirectory(_folder[name]);
            using FileStream file = File.Create(_folder[$"{name}/adapters.safetensors"]);
            file.Write(BitConverter.GetBytes((long)header.Length));
            file.Write(header);
            file.SetLength(8 + header.Length + 80_000_004);
        }

        long length = 8 + header.Length + 80_000_004;
        Assert.Equal((length, length), (InputDiscovery.Find([_folder["one"]]).Inputs.Single().Bytes, InputDiscovery.Find([_folder["one"]]).Inputs.Single().LargestTensor));
        Assert.All(InputDiscovery.Find([_folder["one"], _folder["two"]]).Inputs, input => Assert.Equal((length, 80_000_000), (input.Bytes, input.LargestTensor)));
    }

    [Fact]
    public void Globs_meet_adapters_by_content_and_report_checkpoints_and_what_is_half_written()
    {
        Runs.Make(_folder, "a", "b/adapter", "b/checkpoint-100");
        Directory.CreateDirectory(_folder["runs/training"]);
        File.WriteAllText(_folder["runs/training/adapter_config.json"], """{"r": 8}""");
        Directory.CreateDirectory(_folder["runs/broken"]);
        File.WriteAllText(_folder["runs/broken/adapter_config.json"], "{");
        Directory.CreateDirectory(_folder["runs/logs"]);
        File.WriteAllText(_folder["runs/logs/model.safetensors"], "no adapter");
        File.Copy(Path.Combine(Fixtures.Case("llama_qv").AdapterFolder, "adapter_model.safetensors"), _folder["runs/logs/loose.safetensors"]);

        DiscoveredInputs found = InputDiscovery.Find([_folder["runs/**"]]);
        Assert.Equal(["a", "b/adapter", "broken", "logs/loose"], found.Inputs.Select(input => input.Name));
        Assert.Equal(["TF7002", "TF7001"], found.Findings.Select(finding => finding.Code.Id));
        Assert.EndsWith("training", found.Findings[0].Subject);
        Assert.EndsWith("checkpoint-100", found.Findings[1].Subject);
        Assert.Equal(new FileInfo(_folder["runs/a/adapter_model.safetensors"]).Length, found.Inputs[0].LargestTensor);
        Assert.Equal(["b/checkpoint-100"], InputDiscovery.Find([_folder["runs/**/checkpoint-*"]]).Inputs.Select(input => input.Name));
        Assert.Contains("b/checkpoint-100", InputDiscovery.Find([_folder["runs/**"]], new DiscoveryOptions { TakesCheckpoints = true }).Inputs.Select(input => input.Name));
    }

    [Theory]
    [InlineData("runs/**", "runs/out", "a,b/adapter", 2)]
    [InlineData("runs/*/*", "runs/out", "a,b/adapter", 2)]
    [InlineData("runs/**/adapter_config.json", "runs/out", "a,b/adapter", 2)]
    [InlineData("runs/**", "runs/out/a", "a,b/adapter,out/b", 1)]
    [InlineData("runs/out/*", "runs/out", "a,b", 0)]
    [InlineData("runs/out/*", "runs", "a,b", 0)]
    [InlineData("runs/**", "runs/ou", "a,b/adapter,out/a,out/b", 0)]
    [InlineData("runs/**", "elsewhere", "a,b/adapter,out/a,out/b", 0)]
    public void What_lies_in_the_output_folder_below_the_globs_beginning_is_no_input(string glob, string output, string names, int leftOut)
    {
        Runs.Make(_folder, "a", "b/adapter", "out/a", "out/b");
        DiscoveredInputs found = InputDiscovery.Find([_folder[glob]], new DiscoveryOptions { Output = _folder[output] });
        Assert.Equal(names.Split(','), found.Inputs.Select(input => input.Name));
        Assert.Equal(leftOut == 0 ? [] : ["TF7003"], found.Findings.Select(finding => finding.Code.Id));
        Assert.All(found.Findings, finding => Assert.Contains(leftOut == 1 ? "one adapter" : $"{leftOut} adapters", finding.Message));
    }

    [Fact]
    public void A_link_to_the_output_folder_is_the_output_folder()
    {
        Runs.Make(_folder, "a", "out/a");
        Directory.CreateSymbolicLink(_folder["link"], _folder["runs/out"]);
        DiscoveredInputs found = InputDiscovery.Find([_folder["runs/**"]], new DiscoveryOptions { Output = _folder["link"] });
        Assert.Equal(["a"], found.Inputs.Select(input => input.Name));
    }

    [Theory]
    [InlineData("b*", "a,c/d")]
    [InlineData("c/**", "a,b")]
    [InlineData("c", "a,b")]
    [InlineData("d", "a,b")]
    public void Exclude_leaves_out_a_path_a_part_or_a_name(string excluded, string left)
    {
        Runs.Make(_folder, "a", "b", "c/d");
        DiscoveredInputs found = InputDiscovery.Find([_folder["runs/**"]], new DiscoveryOptions { Excluded = [excluded] });
        Assert.Equal(left.Split(','), found.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void Excluding_everything_is_said() => Assert.Contains(
        "--exclude",
        Assert.Throws<BatchException>(() => InputDiscovery.Find([Runs.Make(_folder, "a") + "/*"], new DiscoveryOptions { Excluded = ["*"] })).Message);

    [Fact]
    public void Two_inputs_with_one_output_stop_before_anything_runs()
    {
        Runs.Make(_folder, "a/x", "b/x");
        BatchException clash = Assert.Throws<BatchException>(() => InputDiscovery.RequireOwnOutputs(InputDiscovery.Find([_folder["runs/a/x"], _folder["runs/b/x"]]).Inputs));
        Assert.Contains("would have the same output 'x'", clash.Message);
        InputDiscovery.RequireOwnOutputs(InputDiscovery.Find([_folder["runs/*/x"]]).Inputs);
    }

    [Fact]
    public void Outputs_that_differ_by_letter_case_alone_are_one() =>
        Assert.Throws<BatchException>(() => InputDiscovery.RequireOwnOutputs([new BatchInput("a/X", "X"), new BatchInput("b/x", "x")]));

    [Fact]
    public void An_output_within_another_stops_too() =>
        Assert.Contains("would lie in that of", Assert.Throws<BatchException>(
            () => InputDiscovery.RequireOwnOutputs([new BatchInput("a", "a"), new BatchInput("a/b/c", "a/b/c")])).Message);

    [Fact]
    public void A_list_names_paths_and_outputs_and_may_be_commented()
    {
        IReadOnlyList<string> lines = InputList.Read(new StringReader("# mine\n\nruns/a\r\nruns/b\tbest/b\n"));
        DiscoveredInputs found = InputDiscovery.Find(lines, new DiscoveryOptions { IsList = true });
        Assert.Equal([("runs/a", "a"), ("runs/b", "best/b")], found.Inputs.Select(input => (input.Path, input.Name)));
        Assert.False(InputDiscovery.Find(["runs/a"], new DiscoveryOptions { IsList = true }).IsSingle);
    }

    [Theory]
    [InlineData("runs/a\t../b")]
    [InlineData("runs/a\t/b")]
    [InlineData("runs/a\t")]
    public void A_name_in_a_list_stays_below_the_output(string line) =>
        Assert.Throws<BatchException>(() => InputDiscovery.Find([line], new DiscoveryOptions { IsList = true }));

    [Fact]
    public void A_list_of_nothing_is_said() => Assert.Throws<BatchException>(() => InputList.Read(new StringReader("# nothing\n")));
}
