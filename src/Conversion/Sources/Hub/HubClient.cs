using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Transfuse.Conversion.Sources.Faults;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>
/// Asks a hub over HTTP. Redirects are followed here, not by the handler: the token goes to the endpoint's own host and to no other. What fails for a moment is
/// repeated by the one pipeline; what is final is a <see cref="HubException"/>.
/// </summary>
/// <param name="settings">Where the hub is.</param>
internal sealed class HubClient(HubSettings settings) : IDisposable
{
    private const int MostRedirects = 5;
    private const int LongestListing = 64 << 20;
    private const int PartBytes = 1 << 17;

    private static readonly string Version = typeof(HubClient).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly FaultPipeline _pipeline = new(settings.Faults);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = settings.Patience,
        AutomaticDecompression = DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The files of a revision, and the commit that it is at.</summary>
    public (string Commit, string[] Files) List(HubId id, RetryLog? log, CancellationToken cancellationToken = default)
    {
        Uri address = Address($"api/models/{id.Repository}/revision/{Uri.EscapeDataString(id.Revision)}");
        byte[] body = Run(address, log, async token =>
        {
            using HttpResponseMessage response = await Send(HttpMethod.Get, address, id.ToString(), null, HttpCompletionOption.ResponseHeadersRead, token);
            return await ReadAll(response, token);
        }, cancellationToken);
        HubListing? listing;
        try
        {
            listing = JsonSerializer.Deserialize(body, HubJson.Default.HubListing);
        }
        catch (JsonException)
        {
            listing = null;
        }

        string[] files = [.. (listing?.Siblings ?? []).Select(file => file.Name).OfType<string>()];
        if (listing?.Sha is not { } commit || !HubCache.IsCommit(commit))
        {
            throw new HubException(HubError.Answer, id.ToString(), "the hub tells no commit of this revision");
        }

        return files.FirstOrDefault(file => !HubId.IsPlain(file)) is { } odd
            ? throw new HubException(HubError.Answer, id.ToString(), $"the repository lists a file that could lead out of its folder: {odd}")
            : (commit, files);
    }

    /// <summary>What the hub says of a file.</summary>
    public HubFileInfo Ask(HubId id, string file, RetryLog? log, CancellationToken cancellationToken = default)
    {
        Uri address = FileAddress(id, file);
        return Run(address, log, async token =>
        {
            Uri at = address;
            for (int redirect = 0; ; redirect++)
            {
                using HttpResponseMessage response = await SendOnce(HttpMethod.Head, at, null, HttpCompletionOption.ResponseHeadersRead, token);
                string? etag = Header(response, "X-Linked-ETag") ?? response.Headers.ETag?.Tag ?? Header(response, "ETag");
                bool isMoved = (int)response.StatusCode is >= 300 and < 400;

                // A repository that was renamed redirects within the hub; a file in LFS, to where its bytes are, with everything said already.
                if (isMoved && Header(response, "X-Linked-ETag") is null && Target(response, at) is { } next && IsHub(next) && redirect < MostRedirects)
                {
                    at = next;
                    continue;
                }

                if (!isMoved)
                {
                    Require(response, $"{id.Repository}/{file}");
                }

                string? size = Header(response, "X-Linked-Size");
                long? bytes = long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long linked) ? linked : isMoved ? null
                    : response.Content.Headers.ContentLength;
                string name = (etag ?? string.Empty).Replace("W/", string.Empty, StringComparison.Ordinal).Trim('"');
                string commit = Header(response, "X-Repo-Commit") ?? id.Revision;
                return name.Length is > 0 and <= 128 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') && name[0] != '.'
                    && HubCache.IsCommit(commit)
                    ? new HubFileInfo(commit, name, bytes, isMoved ? Target(response, at) ?? at : at)
                    : throw new HubException(HubError.Answer, $"{id.Repository}/{file}", "the hub tells no etag and commit of this file");
            }
        }, cancellationToken);
    }

    /// <summary>Brings a file's bytes, going on where an earlier attempt was cut off.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="file">The file.</param>
    /// <param name="info">What the hub said of it.</param>
    /// <param name="path">Where the bytes go; what is there already is the beginning.</param>
    /// <param name="log">Told of repetitions.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Download(HubId id, string file, HubFileInfo info, string path, RetryLog? log, CancellationToken cancellationToken = default)
    {
        Uri address = FileAddress(id with { Revision = info.Commit }, file);
        Run(address, log, async token =>
        {
            await using var target = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
            if (info.Bytes is { } whole && target.Length > whole)
            {
                target.SetLength(0);
            }

            if (info.Bytes == target.Length && target.Length > 0)
            {
                return true;
            }

            long start = target.Length;
            var range = start > 0 ? new RangeHeaderValue(start, null) : null;
            using HttpResponseMessage response =
                await Send(HttpMethod.Get, address, $"{id.Repository}/{file}", range, HttpCompletionOption.ResponseHeadersRead, token);
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != start)
            {
                // The whole file, or another part than was asked for.
                start = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From is not 0 and not null
                    ? throw new TransientFaultException("the hub sent another part of the file than was asked for") : 0;
                target.SetLength(0);
            }

            target.Position = start;
            await Copy(response, target, token);
            return info.Bytes is null || target.Length == info.Bytes
                ? true
                : throw new TransientFaultException(string.Create(
                    CultureInfo.InvariantCulture, $"the answer ended after {target.Length} of {info.Bytes} bytes"));
        }, cancellationToken);
    }

    /// <summary>Reads a part of a file.</summary>
    /// <param name="id">The repository, at a commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="position">Where the part begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="log">Told of repetitions.</param>
    /// <returns>The bytes; fewer only where the file ends.</returns>
    public byte[] ReadPart(HubId id, string file, long position, int length, RetryLog? log)
    {
        Uri address = FileAddress(id, file);
        return Run(address, log, async token =>
        {
            using HttpResponseMessage response = await Send(
                HttpMethod.Get, address, $"{id.Repository}/{file}", new RangeHeaderValue(position, position + length - 1),
                HttpCompletionOption.ResponseHeadersRead, token);
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != position)
            {
                throw new HubException(HubError.Answer, $"{id.Repository}/{file}", "the hub gives no parts of this file; download it whole");
            }

            var bytes = new MemoryStream(length);
            await Copy(response, bytes, token, length);
            return bytes.ToArray();
        }, CancellationToken.None);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) || response.Content.Headers.TryGetValues(name, out values)
            ? values.FirstOrDefault() : null;

    private static Uri? Target(HttpResponseMessage response, Uri at) => response.Headers.Location is { } location ? new Uri(at, location) : null;

    // What a log may show: signed addresses carry their permission after the question mark.
    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static void Require(HttpResponseMessage response, string subject)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        string? code = Header(response, "X-Error-Code");
        int status = (int)response.StatusCode;
        throw (code, status) switch
        {
            ("GatedRepo", _) => new HubException(
                HubError.Denied, subject, "the repository is gated: accept its terms on its page, and give the token of that account (HF_TOKEN)"),
            ("RepoNotFound", _) =>
                new HubException(HubError.Missing, subject, "there is no such repository, or it is private and the token (HF_TOKEN) does not open it"),
            ("RevisionNotFound", _) => new HubException(HubError.Missing, subject, "the repository has no such revision"),
            ("EntryNotFound", _) => new HubException(HubError.Missing, subject, "the repository has no such file"),
            (_, 404 or 410) => new HubException(HubError.Missing, subject, "is not there"),
            (_, 401) => new HubException(HubError.Denied, subject, "the hub wants a token (HF_TOKEN), or does not know the one it was given"),
            (_, 403) => new HubException(HubError.Denied, subject, "the hub does not allow it"),
            _ when FaultPolicy.IsTransient(response.StatusCode) =>
                new TransientFaultException(string.Create(CultureInfo.InvariantCulture, $"the hub answered {status}")) { RetryAfter = RetryAfter(response) },
            _ => new HubException(HubError.Answer, subject, string.Create(CultureInfo.InvariantCulture, $"the hub answered {status}")),
        };
    }

    private T Run<T>(Uri address, RetryLog? log, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        _pipeline.Run(Shown(address), log, token => ask(token).GetAwaiter().GetResult(), null, cancellationToken);

    private Uri Address(string path) => new(settings.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);

    private Uri FileAddress(HubId id, string file) =>
        Address($"{id.Repository}/resolve/{Uri.EscapeDataString(id.Revision)}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}");

    private bool IsHub(Uri address) => address.Scheme == settings.Endpoint.Scheme && address.Authority == settings.Endpoint.Authority;

    // Follows redirects, and fails where the answer is no success.
    private async Task<HttpResponseMessage> Send(
        HttpMethod method, Uri address, string subject, RangeHeaderValue? range, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        for (int redirect = 0; ; redirect++)
        {
            HttpResponseMessage response = await SendOnce(method, address, range, completion, cancellationToken);
            try
            {
                if ((int)response.StatusCode is >= 300 and < 400 && Target(response, address) is { } next)
                {
                    if (redirect == MostRedirects || next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme == "http"))
                    {
                        throw new HubException(HubError.Answer, subject, "the hub redirects too often, or to where nothing is protected");
                    }

                    response.Dispose();
                    address = next;
                    continue;
                }

                Require(response, subject);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnce(
        HttpMethod method, Uri address, RangeHeaderValue? range, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("transfuse", Version));
        request.Headers.Range = range;
        if (settings.Token is { } token && IsHub(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using CancellationTokenSource patience = Patience(cancellationToken);
        try
        {
            return await _http.SendAsync(request, completion, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Late();
        }
        catch (HttpRequestException failed)
        {
            throw new TransientFaultException($"{address.Host} could not be asked: {failed.Message}", failed);
        }
    }

    private CancellationTokenSource Patience(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(settings.Patience);
        return source;
    }

    private TransientFaultException Late() => new(string.Create(CultureInfo.InvariantCulture, $"no answer within {settings.Patience.TotalSeconds:0.###} s"));

    private async Task<byte[]> ReadAll(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await Copy(response, bytes, cancellationToken, LongestListing);
        return bytes.ToArray();
    }

    // Each part may take its time, the whole any; what is cut off keeps what has come.
    private async Task Copy(HttpResponseMessage response, Stream target, CancellationToken cancellationToken, long most = long.MaxValue)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = new byte[PartBytes];
        long taken = 0;
        using CancellationTokenSource patience = Patience(cancellationToken);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, patience.Token)) > 0)
            {
                taken += read;
                if (taken > most)
                {
                    throw new HubException(HubError.Answer, Shown(response.RequestMessage!.RequestUri!), "the answer is longer than was asked for");
                }

                await target.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
                patience.CancelAfter(settings.Patience);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Late();
        }
    }
}
