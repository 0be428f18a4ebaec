using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources.Hub;

public sealed class HubFoldersTests : IAsyncLifetime
{
    private static readonly HubId Id = HubId.Parse("hf:owner/name")!;
    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        foreach (string file in Directory.GetFiles(Fixtures.Case("llama_qv").AdapterFolder))
        {
            _hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }

        _hub.Files["README.md"] = "# mine"u8.ToArray();
        _hub.Files["optimizer.pt"] = new byte[5000];
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void An_adapter_comes_into_a_cache_that_is_huggingface_hubs()
    {
        using HubFolders folders = _hub.Open(_folder["hub"]);
        string place = folders.FetchAdapter(Id);
        string weights = FakeHub.ETag(_hub.Files["adapter_model.safetensors"]), commit = _hub.Commit;

        // What snapshot_download of huggingface_hub 1.33.0 left of the same two files from such a hub: files with their sizes, and links. Beside these it keeps
        // the hub's list of a commit's files, without which it asks again; and the tag for backups has another comment.
        string[] recorded =
            [.. File.ReadLines(Path.Combine(Fixtures.Root, "hub", "huggingface_hub-1.33.0.txt")).Where(line => !line.Contains("/trees/", StringComparison.Ordinal))];
        Assert.Equal(8, recorded.Length);
        Assert.Equal(recorded.Select(WithoutSizeOfTag), Listed(_folder["hub"]).Select(WithoutSizeOfTag));
        Assert.Equal(commit, File.ReadAllText(_folder["hub/models--owner--name/refs/main"]));
        Assert.StartsWith("Signature: 8a477f597d28d172789f06886806bc55\n", File.ReadAllText(_folder["hub/CACHEDIR.TAG"]), StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_folder[$"hub/.locks/models--owner--name/{weights}.lock"]).Length);
        Assert.Equal($"../../blobs/{weights}", new FileInfo(Path.Combine(place, "adapter_model.safetensors")).LinkTarget);
        Assert.Equal(_hub.Files["adapter_model.safetensors"], File.ReadAllBytes(Path.Combine(place, "adapter_model.safetensors")));
        using IAdapterSource source = AdapterSource.Open(place);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], source.FileNames);
    }

    // Each file with its size, or with what it links to.
    private static IEnumerable<string> Listed(string cache) =>
        Directory.GetFiles(cache, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(path => new FileInfo(path))
            .Select(file => Path.GetRelativePath(cache, file.FullName) + (file.LinkTarget is { } target ? $" -> {target}" : $" {file.Length}"))
            .Order(StringComparer.Ordinal);

    private static string WithoutSizeOfTag(string line) => line.StartsWith("CACHEDIR.TAG ", StringComparison.Ordinal) ? "CACHEDIR.TAG" : line;

    [Fact]
    public void A_cache_that_huggingface_hub_laid_out_is_used_and_nothing_is_fetched()
    {
        string repository = _folder["hub/models--owner--name"];
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        File.WriteAllText(Path.Combine(repository, "refs", "main"), _hub.Commit);
        Directory.CreateDirectory(Path.Combine(repository, "blobs"));
        Directory.CreateDirectory(Path.Combine(repository, "snapshots", _hub.Commit));
        foreach (string name in new[] { "adapter_config.json", "adapter_model.safetensors" })
        {
            File.WriteAllBytes(Path.Combine(repository, "blobs", FakeHub.ETag(_hub.Files[name])), _hub.Files[name]);
            File.CreateSymbolicLink(Path.Combine(repository, "snapshots", _hub.Commit, name), $"../../blobs/{FakeHub.ETag(_hub.Files[name])}");
        }

        using HubFolders folders = _hub.Open(_folder["hub"]);
        folders.FetchAdapter(Id);
        Assert.Equal([$"/api/models/owner/name/revision/main"], _hub.Requests.Select(request => request.Path));
        using HubFolders offline = _hub.Open(_folder["hub"], offline: true);
        offline.FetchAdapter(Id);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public void A_cache_whose_revisions_cannot_be_noted_is_used()
    {
        using HubFolders folders = _hub.Open(_folder["hub"]);
        string place = folders.FetchAdapter(Id);
        _hub.Commit = new string('c', 40);
        Directory.Delete(_folder["hub/models--owner--name/refs"], recursive: true);
        File.WriteAllText(_folder["hub/models--owner--name/refs"], "in the way");
        Directory.Move(place, Path.Combine(Path.GetDirectoryName(place)!, _hub.Commit));
        int asked = _hub.Requests.Count;
        Assert.EndsWith(_hub.Commit, folders.FetchAdapter(Id), StringComparison.Ordinal);
        Assert.Equal(1, _hub.Requests.Count - asked);
    }

    [Fact]
    public void The_token_goes_to_the_hub_and_to_no_other_host()
    {
        using HubFolders folders = _hub.Open(_folder["hub"]);
        folders.FetchAdapter(Id);
        Assert.All(_hub.Requests, request => Assert.Equal(request.Host == "hub", request.HasToken));
        Assert.Contains(_hub.Requests, request => request.Host == "storage");
        Assert.DoesNotContain(FakeHub.Token, folders.Settings.ToString());
    }

    [Theory]
    [InlineData(401, "GatedRepo", HubError.Denied)]
    [InlineData(403, null, HubError.Denied)]
    [InlineData(401, "RepoNotFound", HubError.Missing)]
    [InlineData(404, "RevisionNotFound", HubError.Missing)]
    [InlineData(404, null, HubError.Missing)]
    [InlineData(418, null, HubError.Answer)]
    public void What_the_hub_does_not_give_is_said_once_and_without_the_token(int status, string? code, HubError cause)
    {
        _hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            return Task.FromResult(true);
        };
        using HubFolders folders = _hub.Open(_folder["hub"]);
        HubException refused = Assert.Throws<HubException>(() => folders.FetchAdapter(Id));
        Assert.Equal(cause, refused.Cause);
        Assert.Single(_hub.Requests);
        Assert.DoesNotContain(FakeHub.Token, refused.ToString());
        Assert.StartsWith("TF705", DamagedFile.Describe(refused).Code.Id);
    }

    [Fact]
    public void A_busy_hub_is_asked_again_when_it_says()
    {
        int busy = 2;
        _hub.Instead = (host, context) =>
        {
            if (host != "hub" || Interlocked.Decrement(ref busy) < 0)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = busy == 1 ? 429 : 503;
            context.Response.Headers.RetryAfter = "1";
            return Task.FromResult(true);
        };
        var log = new RetryLog();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using HubFolders folders = _hub.Open(_folder["hub"]);
        folders.FetchAdapter(Id, log, TestContext.Current.CancellationToken);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.9, 60);
        Assert.Equal(2, log.Count);
        Assert.All(log.ToFindings(), finding => Assert.Matches("the hub answered (429|503)", finding.Message));
    }

    [Fact]
    public void A_hub_that_stays_busy_fails_after_the_last_attempt()
    {
        _hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        using HubFolders folders = _hub.Open(_folder["hub"]);
        Assert.Throws<TransientFaultException>(() => folders.FetchAdapter(Id));
        Assert.Equal(4, _hub.Requests.Count);
    }

    [Fact]
    public void A_cut_connection_goes_on_where_it_was_cut()
    {
        byte[] weights = _hub.Files["adapter_model.safetensors"];
        int cuts = 2;
        _hub.Instead = async (host, context) =>
        {
            if (host != "storage" || Interlocked.Decrement(ref cuts) < 0)
            {
                return false;
            }

            int from = context.Request.Headers.Range.FirstOrDefault() is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
            context.Response.StatusCode = from > 0 ? 206 : 200;
            context.Response.Headers.ContentRange = from > 0 ? $"bytes {from}-{weights.Length - 1}/{weights.Length}" : default;
            context.Response.ContentLength = weights.Length - from;
            await context.Response.Body.WriteAsync(weights.AsMemory(from, 5000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(50);
            context.Abort();
            return true;
        };
        var log = new RetryLog();
        using HubFolders folders = _hub.Open(_folder["hub"]);
        string place = folders.FetchAdapter(Id, log, TestContext.Current.CancellationToken);
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(place, "adapter_model.safetensors")));
        Assert.Equal(2, log.Count);
        Assert.Equal("whole bytes=5000- bytes=10000-", string.Join(' ', _hub.Requests.Where(request => request.Host == "storage").Select(request => request.Range ?? "whole")));
        Assert.DoesNotContain("permission", string.Join('\n', log.ToFindings()));
    }

    [Fact]
    public void What_another_process_began_is_finished()
    {
        byte[] weights = _hub.Files["adapter_model.safetensors"];
        string blob = _folder[$"hub/models--owner--name/blobs/{FakeHub.ETag(weights)}"];
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        File.WriteAllBytes(blob + ".incomplete", weights[..7000]);
        using HubFolders folders = _hub.Open(_folder["hub"]);
        folders.FetchAdapter(Id);
        Assert.Equal("bytes=7000-", _hub.Requests.Single(request => request.Host == "storage").Range);
        Assert.Equal(weights, File.ReadAllBytes(blob));
        Assert.False(File.Exists(blob + ".incomplete"));
    }

    [Fact]
    public void What_was_begun_of_something_else_is_fetched_anew()
    {
        byte[] weights = _hub.Files["adapter_model.safetensors"];
        string blob = _folder[$"hub/models--owner--name/blobs/{FakeHub.ETag(weights)}"];
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        File.WriteAllBytes(blob + ".incomplete", new byte[7000]);
        var log = new RetryLog();
        using HubFolders folders = _hub.Open(_folder["hub"]);
        folders.FetchAdapter(Id, log, TestContext.Current.CancellationToken);
        Assert.Equal(weights, File.ReadAllBytes(blob));
        Assert.Equal(1, log.Count);
    }

    [Theory]
    [InlineData("adapter_model.safetensors")]
    [InlineData("adapter_config.json")]
    public void A_wrong_checksum_is_refused_and_nothing_of_it_is_kept(string file)
    {
        byte[] wrong = [.. _hub.Files[file]];
        wrong[^3] ^= 1;
        _hub.Instead = async (host, context) =>
        {
            bool isFile = host == "storage" ? file.EndsWith(".safetensors", StringComparison.Ordinal) : context.Request.Method == "GET" && context.Request.Path.Value!.EndsWith("/" + file, StringComparison.Ordinal) && wrong.Length < 4096;
            if (isFile)
            {
                await FakeHub.Send(context, wrong);
            }

            return isFile;
        };
        using HubFolders folders = _hub.Open(_folder["hub"]);
        Assert.Equal(HubError.Checksum, Assert.Throws<HubException>(() => folders.FetchAdapter(Id)).Cause);
        Assert.DoesNotContain(
            Directory.GetFiles(_folder["hub/models--owner--name/blobs"]), path => Path.GetFileName(path).StartsWith(FakeHub.ETag(_hub.Files[file]), StringComparison.Ordinal));
    }

    [Fact]
    public void A_pointer_of_lfs_is_no_weights()
    {
        _hub.Files["adapter_model.safetensors"] = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 23032\n"u8.ToArray();
        using HubFolders folders = _hub.Open(_folder["hub"]);
        Assert.Equal(HubError.Pointer, Assert.Throws<HubException>(() => folders.FetchAdapter(Id)).Cause);
    }

    [Fact]
    public void A_redirect_within_the_hub_keeps_the_token_and_is_followed()
    {
        _hub.Instead = (host, context) =>
        {
            string path = context.Request.Path.Value!;
            if (host != "hub" || !path.Contains("/old/name", StringComparison.Ordinal))
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = 307;
            context.Response.Headers.Location = path.Replace("old/name", "owner/name", StringComparison.Ordinal);
            return Task.FromResult(true);
        };
        using HubFolders folders = _hub.Open(_folder["hub"]);
        Assert.True(File.Exists(Path.Combine(folders.FetchAdapter(HubId.Parse("hf:old/name")!), "adapter_model.safetensors")));
        Assert.All(_hub.Requests.Where(request => request.Host == "hub"), request => Assert.True(request.HasToken));
    }

    [Fact]
    public void A_list_with_names_that_lead_out_is_refused()
    {
        _hub.Files["../../evil/adapter_model.safetensors"] = new byte[10];
        using HubFolders folders = _hub.Open(_folder["hub"]);
        Assert.Equal(HubError.Answer, Assert.Throws<HubException>(() => folders.FetchAdapter(Id)).Cause);
        Assert.False(Directory.Exists(_folder["hub/models--owner--name/snapshots"]));
    }

    [Fact]
    public void Without_a_network_what_the_cache_lacks_is_said()
    {
        using HubFolders folders = _hub.Open(_folder["hub"], offline: true);
        Assert.Equal(HubError.Offline, Assert.Throws<HubException>(() => folders.FetchAdapter(Id)).Cause);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public void Checking_against_a_base_on_the_hub_reads_headers_and_no_weights()
    {
        _hub.Files.Clear();
        long all = 0;
        foreach (string file in Directory.GetFiles(Fixtures.HfBaseFolder("llama")))
        {
            _hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
            all += file.EndsWith(".safetensors", StringComparison.Ordinal) ? new FileInfo(file).Length : 0;
        }

        using HubFolders folders = _hub.Open(_folder["hub"]);
        BaseModel model = BaseModel.FromHub(Id, folders, cancellationToken: TestContext.Current.CancellationToken);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        CheckResult found = AdapterChecker.Check(source, TargetProfile.Peft, new CheckOptions { Base = model }, TestContext.Current.CancellationToken);
        CheckResult local = AdapterChecker.Check(
            source, TargetProfile.Peft, new CheckOptions { Base = BaseModel.FromFolder(Fixtures.HfBaseFolder("llama")) }, TestContext.Current.CancellationToken);
        Assert.Equal(local.Findings, found.Findings);
        Assert.Equal(CheckVerdict.Loads, found.Verdict);
        var parts = _hub.Requests.Where(request => request.Host == "storage").ToArray();
        Assert.All(parts, part => Assert.StartsWith("bytes=", part.Range));
        Assert.True(parts.Length <= 2 * _hub.Files.Count(file => file.Key.EndsWith(".safetensors", StringComparison.Ordinal)), $"{parts.Length} parts");
        Assert.Empty(Directory.GetFiles(_folder["hub"], "*.safetensors", SearchOption.AllDirectories));
        Assert.True(all > 16 << 10, $"the base has {all} bytes only");
    }
}
