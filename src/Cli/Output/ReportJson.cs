using System.Collections.Immutable;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Stages;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Output;

/// <summary>Parts of the JSON reports; docs/reports.md describes them.</summary>
internal static class ReportJson
{
    /// <summary>A report: the schema first.</summary>
    public static JsonObject Document(string verb, params IEnumerable<KeyValuePair<string, JsonValue>> members) =>
        new([new("schema", new JsonString($"transfuse.{verb}/1")), .. members]);

    public static JsonValue Text(string? value) => value is null ? JsonNull.Instance : new JsonString(value);

    public static JsonValue Number(double value) => double.IsFinite(value) ? JsonNumber.Of(value) : JsonNull.Instance;

    public static JsonArray Findings(ImmutableArray<Finding> findings) =>
    [
        .. findings.Select(finding => new JsonObject(
        [
            new("severity", new JsonString(finding.Severity.ToString().ToLowerInvariant())),
            new("code", new JsonString(finding.Code.Id)),
            new("subject", new JsonString(finding.Subject)),
            new("message", new JsonString(finding.Message)),
        ])),
    ];

    public static JsonString Verdict(CheckVerdict verdict) => new(verdict switch
    {
        CheckVerdict.Loads => "loads",
        CheckVerdict.NotJudged => "not_judged",
        CheckVerdict.LoadsWrongly => "loads_wrongly",
        _ => "fails",
    });

    public static JsonSequence Modules(Adapter adapter) => new(
        adapter.Modules.Select(module => new JsonObject(
        [
            new("path", new JsonString(module.FullPath)),
            new("kind", new JsonString(module.Kind.ToString().ToLowerInvariant())),
            new("rank", JsonNumber.Of(module.Rank)),
            new("scale", Number(module.Scale)),
            new("dora", JsonBoolean.Of(module.Magnitude is not null)),
            new("a", Shape(module.A.Shape.Dimensions)),
            new("b", Shape(module.B.Shape.Dimensions)),
            new("dtype", new JsonString(module.A.DType.ToString().ToLowerInvariant())),
        ])));

    public static JsonArray Stages(ImmutableArray<StageReport> stages) =>
    [
        .. stages.Select(stage => new JsonObject(
        [
            new("name", new JsonString(stage.Name)),
            new("milliseconds", Number(stage.Elapsed.TotalMilliseconds)),
            new("tensors", JsonNumber.Of(stage.Tensors)),
            new("modules", JsonNumber.Of(stage.Modules)),
            new("findings", JsonNumber.Of(stage.Findings)),
        ])),
    ];

    private static JsonArray Shape(ImmutableArray<long> dimensions) => [.. dimensions.Select(JsonNumber.Of)];
}
