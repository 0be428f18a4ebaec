using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;

namespace Transfuse.Conversion.Tests.Sources.Hub;

/// <summary>A hub on this machine, and a second host that its large files are redirected to. Both note what they are asked.</summary>
public sealed class FakeHub : IAsyncDisposable
{
    public const string Repository = "owner/name";
    public const string Token = "hf_secretsecretsecret";
    private const int LargeBytes = 4096;

    private readonly WebApplication _hub;
    private readonly WebApplication _storage;

    private FakeHub(WebApplication hub, WebApplication storage) => (_hub, _storage) = (hub, storage);

    /// <summary>The files of the repository.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The commit of the branch main.</summary>
    public string Commit { get; set; } = new('a', 40);

    /// <summary>What was asked: the host (hub or storage), method, path, range, and whether a token came along.</summary>
    public ConcurrentQueue<(string Host, string Method, string Path, string? Range, bool HasToken)> Requests { get; } = [];

    /// <summary>Answers in place of the hub; returns whether it did. Called for each request to either host.</summary>
    public Func<string, HttpContext, Task<bool>> Instead { get; set; } = (_, _) => Task.FromResult(false);

    public static async Task<FakeHub> StartAsync()
    {
        FakeHub? made = null;
        WebApplication storage = Make(context => made!.Storage(context));
        WebApplication hub = Make(context => made!.Hub(context));
        made = new FakeHub(hub, storage);
        await hub.StartAsync();
        await storage.StartAsync();
        return made;
    }

    /// <summary>Where it is asked, as HF_ENDPOINT has it.</summary>
    public string Endpoint => Address(_hub);

    public HubFolders Open(string cache, string? token = Token, bool offline = false) => new(new HubSettings
    {
        Endpoint = new Uri(Address(_hub) + "/"),
        Cache = cache,
        Token = token,
        IsOffline = offline,
        Patience = TimeSpan.FromSeconds(20),
        Faults = new FaultOptions { Retries = 3, Pause = TimeSpan.FromMilliseconds(1), LongestPause = TimeSpan.FromSeconds(2) },
    });

    public static string Sha256(byte[] bytes) => System.Convert.ToHexStringLower(SHA256.HashData(bytes));

    // Git's name of a file.
#pragma warning disable CA5350
    public static string GitSha1(byte[] bytes) => System.Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350

    /// <summary>What the hub calls a file's blob.</summary>
    public static string ETag(byte[] bytes) => bytes.Length >= LargeBytes ? Sha256(bytes) : GitSha1(bytes);

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _storage.DisposeAsync();
    }

    public static async Task Send(HttpContext context, byte[] bytes)
    {
        string? range = context.Request.Headers.Range.FirstOrDefault();
        int from = 0, to = bytes.Length - 1;
        if (range is not null)
        {
            string[] ends = range["bytes=".Length..].Split('-');
            from = int.Parse(ends[0], CultureInfo.InvariantCulture);
            to = ends[1].Length > 0 ? Math.Min(to, int.Parse(ends[1], CultureInfo.InvariantCulture)) : to;
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{to}/{bytes.Length}";
        }

        context.Response.ContentLength = to - from + 1;
        if (context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(from, to - from + 1));
        }
    }

    private static WebApplication Make(Func<HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        application.Run(context => answer(context));
        return application;
    }

    private static string Address(WebApplication application) => application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private void Note(string host, HttpContext context) => Requests.Enqueue(
        (host, context.Request.Method, context.Request.Path.Value!, context.Request.Headers.Range.FirstOrDefault(), context.Request.Headers.Authorization == $"Bearer {Token}"));

    private async Task Storage(HttpContext context)
    {
        Note("storage", context);
        if (!await Instead("storage", context))
        {
            await Send(context, Files.Values.Single(file => "/" + Sha256(file) == context.Request.Path));
        }
    }

    private async Task Hub(HttpContext context)
    {
        Note("hub", context);
        if (await Instead("hub", context))
        {
            return;
        }

        string path = context.Request.Path.Value!;
        if (path == $"/api/models/{Repository}/revision/main" || path == $"/api/models/{Repository}/revision/{Commit}")
        {
            await Send(context, JsonSerializer.SerializeToUtf8Bytes(new { id = Repository, sha = Commit, siblings = Files.Keys.Select(name => new { rfilename = name }) }));
            return;
        }

        string? name = new[] { "main", Commit }.Select(revision => $"/{Repository}/resolve/{revision}/").Where(path.StartsWith).Select(prefix => path[prefix.Length..]).FirstOrDefault();
        if (name is null || !Files.TryGetValue(name, out byte[]? bytes))
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = name is null ? "RepoNotFound" : "EntryNotFound";
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (bytes.Length < LargeBytes)
        {
            context.Response.Headers.ETag = $"\"{ETag(bytes)}\"";
            await Send(context, bytes);
            return;
        }

        // As the hub does it: everything is said, and the bytes are elsewhere.
        context.Response.StatusCode = 302;
        context.Response.Headers["X-Linked-ETag"] = $"\"{ETag(bytes)}\"";
        context.Response.Headers["X-Linked-Size"] = bytes.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.Location = $"{Address(_storage)}/{Sha256(bytes)}?X-Signature=permission";
    }
}
