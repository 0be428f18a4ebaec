using Transfuse.Cli.Tests.Support;
using Transfuse.Conversion.Tests.Sources.Hub;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Ids of a hub where paths go, through the command itself: what comes of them is what comes of the same files in a folder.</summary>
public sealed class HubCommandTests : IAsyncLifetime
{
    private const string Id = "hf:" + FakeHub.Repository;

    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    private Dictionary<string, string> Environment => new()
    {
        ["HF_ENDPOINT"] = _hub.Endpoint,
        ["HF_HOME"] = _folder["home"],
        ["HF_HUB_CACHE"] = _folder["home/hub"],
        ["HF_TOKEN"] = FakeHub.Token,
    };

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        string local = Directory.CreateDirectory(_folder["local/adapter"]).FullName;
        foreach (string file in Directory.GetFiles(Fixtures.Case("llama_qv").AdapterFolder))
        {
            File.Copy(file, Path.Combine(local, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(local, "README.md"), "# mine");
        File.WriteAllText(Path.Combine(local, "tokenizer.json"), "{}");
        File.WriteAllBytes(Path.Combine(local, "training_args.bin"), new byte[5000]);
        foreach (string file in Directory.GetFiles(local))
        {
            _hub.Files["adapter/" + Path.GetFileName(file)] = File.ReadAllBytes(file);
        }

        foreach (string file in Directory.GetFiles(Fixtures.HfBaseFolder("llama")))
        {
            _hub.Files["base/" + Path.GetFileName(file)] = File.ReadAllBytes(file);
        }

        _hub.Files["README.md"] = "# of the repository"u8.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void An_adapter_and_a_base_on_a_hub_give_what_the_same_folders_give()
    {
        string[] convert = ["convert", "--to", "mlx-lm", "--base"];
        Command.Run([.. convert, Fixtures.HfBaseFolder("llama"), _folder["local/adapter"], "--output", _folder["wanted"]]).ExitsWith(0);
        CommandResult run = Run([.. convert, $"{Id}/base", $"{Id}/adapter", "--output", _folder["out"]]).ExitsWith(0);
        Assert.Equal(Contents(_folder["wanted"]), Contents(_folder["out"]));

        // Of the base its config and the beginnings of its weights, in parts; of the adapter what a reader opens.
        string[] whole = [.. _hub.Requests.Where(request => request is { Method: "GET", Range: null }).Select(request => request.Path)];
        Assert.DoesNotContain(whole, path => path.EndsWith("README.md", StringComparison.Ordinal));
        Assert.DoesNotContain(whole, path => path.EndsWith("base/model.safetensors", StringComparison.Ordinal));
        Assert.Contains(whole, path => path.EndsWith("adapter/adapter_config.json", StringComparison.Ordinal));
        Assert.All(_hub.Requests, request => Assert.Equal(request.Host == "hub", request.HasToken));
        Assert.DoesNotContain(FakeHub.Token, run.Output + run.Error);
    }

    [Fact]
    public void A_second_run_of_a_list_of_ids_does_nothing_and_a_new_commit_is_done_again()
    {
        File.WriteAllText(_folder["list"], $"{Id}/adapter\n{_folder["local/adapter"]}\there\n");
        string[] convert = ["convert", "--from-file", _folder["list"], "--base", $"{Id}/base", "--to", "mlx-lm", "--output", _folder["out"]];
        Assert.Matches("(?m)^converted +2$", Run(convert).ExitsWith(0).Output);
        Assert.Equal(Contents(_folder["out/here"]), Contents(_folder["out/adapter"]));
        Assert.Matches("(?m)^skipped +2 ", Run(convert).ExitsWith(0).Output);

        _hub.Commit = new string('b', 40);
        string config = File.ReadAllText(_folder["local/adapter/adapter_config.json"]);
        string other = config.Replace("\"lora_alpha\": 16", "\"lora_alpha\": 32", StringComparison.Ordinal);
        Assert.NotEqual(config, other);
        _hub.Files["adapter/adapter_config.json"] = System.Text.Encoding.UTF8.GetBytes(other);
        CommandResult changed = Run(convert).ExitsWith(0);
        Assert.NotEqual(Contents(_folder["out/here"]), Contents(_folder["out/adapter"]));
        string journals = string.Concat(AdapterRuns.Journals(_folder["out"]).Select(File.ReadAllText));
        Assert.DoesNotContain(FakeHub.Token, changed.Output + changed.Error + journals);
    }

    [Fact]
    public void A_repair_takes_the_files_beside_the_adapter_with_it_as_from_a_folder()
    {
        Command.Run("repair", _folder["local/adapter"], "--output", _folder["wanted"]).ExitsWith(0);
        Run("repair", $"{Id}/adapter", "--output", _folder["out"]).ExitsWith(0);
        Assert.Equal(
            ["README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "training_args.bin"],
            Contents(_folder["out"]).Select(line => line.Split(' ')[0]));
        Assert.Equal(Contents(_folder["wanted"]), Contents(_folder["out"]));
    }

    [Fact]
    public void What_is_on_a_hub_is_not_repaired_in_place()
    {
        Assert.Contains("--output", Run("repair", $"{Id}/adapter", "--in-place").ExitsWith(2).Error);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public void Without_a_network_the_cache_is_enough_and_what_it_lacks_is_named()
    {
        Run("convert", $"{Id}/adapter", "--to", "mlx-lm", "--output", _folder["out"]).ExitsWith(0);
        int asked = _hub.Requests.Count;
        Dictionary<string, string> offline = new(Environment) { ["HF_HUB_OFFLINE"] = "1" };
        Command.Run(offline, "convert", $"{Id}/adapter", "--to", "mlx-lm", "--output", _folder["again"]).ExitsWith(0);
        Assert.Equal(Contents(_folder["out"]), Contents(_folder["again"]));
        CommandResult lacking = Command.Run(offline, "convert", "hf:owner/other", "--to", "mlx-lm", "--output", _folder["other"]);
        Assert.NotEqual(0, lacking.ExitCode);
        Assert.Contains("HF_HUB_OFFLINE", lacking.Error);
        Assert.Equal(asked, _hub.Requests.Count);
    }

    private CommandResult Run(params string[] arguments) => Command.Run(Environment, arguments);

    private static string[] Contents(string folder) =>
    [
        .. Directory.GetFiles(folder).Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetFileName(path)} {System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"),
    ];
}
