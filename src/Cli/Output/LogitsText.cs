using System.Globalization;
using System.Text;
using Transfuse.Apply.RoundTrip;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Output;

/// <summary>Prints a comparison of logits.</summary>
internal static class LogitsText
{
    public static string Render(LogitsComparison comparison, bool isPair, double tolerance)
    {
        var text = new StringBuilder();
        string numbers = string.Create(CultureInfo.InvariantCulture,
            $"mean KL {comparison.MeanDivergence:G3}, largest {comparison.LargestDivergence:G3}, most likely id the same at {comparison.TopAgreement:P1} of "
            + $"{comparison.Positions} positions");
        if (!isPair)
        {
            string verdict = comparison.Shift > 0 ? "the adapter changes the model" : "the adapter changes nothing";
            return text.Append(CultureInfo.InvariantCulture, $"{verdict}: logits by up to {comparison.Shift:G4}, {numbers}").ToString();
        }

        bool agrees = comparison.Agrees(tolerance);
        text.Append(CultureInfo.InvariantCulture,
            $"{(agrees ? "the adapters give the same logits" : "the adapters give different logits")}: largest error {comparison.LargestError:G3}, which is "
            + $"{comparison.RelativeError:G3} of the first adapter's shift of {comparison.Shift:G4} (tolerance {tolerance:G3}); {numbers}");
        if (!agrees && comparison.FirstApart(tolerance) is { } apart)
        {
            text.AppendLine().Append(
                CultureInfo.InvariantCulture, $"they part at {comparison.Place(apart)}: error {apart.LargestError:G3}, shift {apart.Shift:G3}");
        }

        return text.ToString();
    }

    public static JsonObject Describe(LogitsComparison comparison, double tolerance) => new(
    [
        new("positions", JsonNumber.Of(comparison.Positions)),
        new("shift", ReportJson.Number(comparison.Shift)),
        new("largest_error", ReportJson.Number(comparison.LargestError)),
        new("relative_error", ReportJson.Number(comparison.RelativeError)),
        new("mean_kl", ReportJson.Number(comparison.MeanDivergence)),
        new("largest_kl", ReportJson.Number(comparison.LargestDivergence)),
        new("top_agreement", ReportJson.Number(comparison.TopAgreement)),
        new("parts_at", ReportJson.Text(comparison.Agrees(tolerance) || comparison.FirstApart(tolerance) is not { } apart ? null : comparison.Place(apart))),
        new("layers", new JsonArray([.. comparison.Layers.Select(layer => new JsonObject(
        [
            new("layer", new JsonString(comparison.Place(layer))),
            new("largest_error", ReportJson.Number(layer.LargestError)),
            new("shift", ReportJson.Number(layer.Shift)),
        ]))])),
    ]);
}
