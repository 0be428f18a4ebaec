namespace Transfuse.Conversion.Sources.Hub;

/// <summary>Where the hub and its cache are, as huggingface_hub takes it from the environment.</summary>
/// <example>
/// <code>
/// HubSettings settings = HubSettings.FromEnvironment(Environment.GetEnvironmentVariable) with { IsOffline = true };
/// </code>
/// </example>
public sealed record HubSettings
{
    private static readonly string[] True = ["1", "ON", "YES", "TRUE"];

    /// <summary>The hub. Default: <c>https://huggingface.co</c>.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>The folder of the cache.</summary>
    public required string Cache { get; init; }

    /// <summary>The token that goes to the endpoint's own host and nowhere else; <see langword="null"/> for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether only the cache is read. Default: no.</summary>
    public bool IsOffline { get; init; }

    /// <summary>How long an answer, or the next part of one, may be awaited. Default: 10 s, as huggingface_hub waits.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often, and after which pauses, what failed for a moment is tried again.</summary>
    public Faults.FaultOptions Faults { get; init; } = Sources.Faults.FaultOptions.Hub;

    /// <summary>
    /// Reads the variables that huggingface_hub reads: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE,
    /// HF_HUB_DOWNLOAD_TIMEOUT.
    /// </summary>
    /// <param name="variable">Gives a variable of the environment.</param>
    /// <exception cref="HubException">HF_ENDPOINT is no address.</exception>
    public static HubSettings FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? Given(string name) => variable(name) is { Length: > 0 } value ? value : null;
        bool IsTrue(string name) => True.Contains(variable(name)?.ToUpperInvariant());
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string home = Expand(Given("HF_HOME") ?? Path.Combine(Given("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface"), user);
        string endpoint = (Given("HF_ENDPOINT") ?? "https://huggingface.co").TrimEnd('/');
        return new HubSettings
        {
            Endpoint = Uri.TryCreate(endpoint + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
                ? address
                : throw new HubException(HubError.Answer, "HF_ENDPOINT", "is no http or https address"),
            Cache = Expand(Given("HF_HUB_CACHE") ?? Given("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"), user),
            Token = IsTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null
                : TokenOf(Given("HF_TOKEN") ?? Given("HUGGING_FACE_HUB_TOKEN"), Given("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            IsOffline = IsTrue("HF_HUB_OFFLINE") || IsTrue("TRANSFORMERS_OFFLINE"),
            Patience = int.TryParse(variable("HF_HUB_DOWNLOAD_TIMEOUT"), out int seconds) && seconds is >= 1 and <= 86400 ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.FromSeconds(10),
        };
    }

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{Endpoint} ({Cache})";

    private static string Expand(string path, string user) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? user + path[1..] : path;

    // A line end comes along from files; what no header takes is no token.
    private static string? TokenOf(string? given, string path)
    {
        string? text = given;
        try
        {
            text ??= File.Exists(path) && new FileInfo(path).Length < 4096 ? File.ReadAllText(path) : null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        text = text?.Trim();
        return text is { Length: > 0 } && text.All(letter => letter is > ' ' and < '\u007f') ? text : null;
    }
}
