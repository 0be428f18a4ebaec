using System.CommandLine;
using System.Globalization;
using System.Text;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Cli.Output;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse backends</c>: what models can be run on here, each proved with a sum.</summary>
internal sealed class BackendsCommand : ICommand
{
    private readonly Option<string> _library = BackendOptions.Library();
    private readonly Option<bool> _json = CommonOptions.Json();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse backends",
        "transfuse backends --json",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command("backends",
            "Says what models can be run on here: devices, versions, memory, where MLX was looked for; and proves each with a sum.") { _library, _json };
        command.SetAction(result =>
        {
            var found = MlxLibrary.Find(result.GetValue(_library));
            List<Row> rows =
                [new("managed", null, new MlxDeviceInfo("cpu", $"{Environment.ProcessorCount} cores", null, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes))];
            using var managed = new ManagedBackend();
            rows[0] = rows[0] with { Failure = MlxProbe.Failure(managed) };
            if (found.Library is { } library)
            {
                rows.AddRange(Prove(library));
            }

            if (result.GetValue(_json))
            {
                ReportOptions.Print(console, Json(rows, found.Library, found.Attempts));
            }
            else
            {
                console.Out.WriteLine(Render(rows, found.Library, found.Attempts));
            }

            return rows.All(row => row.Failure is null) && (found.Library is not null || result.GetValue(_library) is null) ? ExitCodes.Done
                : ExitCodes.Refused;
        });
        return command;
    }

    // The library's own device, and the CPU where that is another.
    private static IEnumerable<Row> Prove(MlxLibrary library)
    {
        bool onGpu = false;
        foreach (bool onCpu in (bool[])[false, true])
        {
            Row row;
            try
            {
                using var backend = new MlxBackend(library, new MlxOptions { OnCpu = onCpu });
                if (onCpu && !onGpu)
                {
                    yield break;
                }

                onGpu = backend.IsOnGpu;
                row = new Row(backend.Name, MlxProbe.Failure(backend), backend.Device);
            }
            catch (MlxException failed)
            {
                onGpu = true;
                row = new Row(onCpu ? "mlx-cpu" : "mlx", failed.Message, null);
            }

            yield return row;
        }
    }

    private static string Render(List<Row> rows, MlxLibrary? library, IEnumerable<MlxAttempt> attempts)
    {
        var text = new StringBuilder();
        foreach (Row row in rows)
        {
            string memory = row.Device?.MemoryBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $", {bytes / (double)(1 << 30):F1} GiB") : "";
            string device = row.Device is null ? "" : $" {row.Device.Kind} {row.Device.Name}{memory}";
            string line = row.Failure is null ? $"{row.Name,-8} ready:{device}" : $"{row.Name,-8} not usable:{device} {row.Failure}";
            text.AppendLine(line);
        }

        string found = library is null ? "MLX was not found:" : $"MLX {library.Version} by mlx-c {library.BindingVersion}: {library.Path}";
        text.Append(found);
        foreach (MlxAttempt attempt in attempts.Where(attempt => attempt.Refusal is not null))
        {
            text.AppendLine().Append(CultureInfo.InvariantCulture, $"  {attempt.Path} {attempt.Refusal}");
        }

        return text.ToString();
    }

    private static JsonObject Json(List<Row> rows, MlxLibrary? library, IEnumerable<MlxAttempt> attempts)
    {
        return ReportJson.Document("backends",
        [
            new("backends", new JsonArray([.. rows.Select(row => new JsonObject(
            [
                new("name", new JsonString(row.Name)),
                new("usable", JsonBoolean.Of(row.Failure is null)),
                new("failure", ReportJson.Text(row.Failure)),
                new("device", ReportJson.Text(row.Device?.Kind)),
                new("device_name", ReportJson.Text(row.Device?.Name)),
                new("architecture", ReportJson.Text(row.Device?.Architecture)),
                new("memory_bytes", row.Device?.MemoryBytes is { } bytes ? JsonNumber.Of(bytes) : JsonNull.Instance),
            ]))])),
            new("mlx", library is null ? JsonNull.Instance : new JsonObject(
            [
                new("path", new JsonString(library.Path)),
                new("version", new JsonString(library.Version)),
                new("mlx_c", new JsonString(library.BindingVersion)),
            ])),
            new("tried", new JsonArray([
                .. attempts.Select(attempt => new JsonObject([new("path", new JsonString(attempt.Path)), new("refusal", ReportJson.Text(attempt.Refusal))]))])),
        ]);
    }

    private sealed record Row(string Name, string? Failure, MlxDeviceInfo? Device);
}
