using System.Globalization;
using System.Text;
using Transfuse.Apply.Fusing;

namespace Transfuse.Cli.Output;

internal static class FusionText
{
    /// <summary>The changed weights, where they are wanted, and one line about all.</summary>
    public static string Render(FusionResult fusion, string output, bool isListed)
    {
        var text = new StringBuilder();
        int nameWidth = fusion.Weights.Select(weight => weight.Name.Length).DefaultIfEmpty(0).Max();
        int formWidth = fusion.Weights.Select(weight => weight.Form.Length).DefaultIfEmpty(0).Max();
        foreach (FusedWeight weight in isListed ? fusion.Weights : [])
        {
            string loss = weight.Loss is { } share ? $"{Percent(share),9} lost  " : string.Empty;
            text.Append(CultureInfo.InvariantCulture, $"{weight.Name.PadRight(nameWidth)}  {weight.Form.PadRight(formWidth)}  {loss}{weight.Change}\n");
        }

        string lost = fusion.Loss is { } all ? $"; {Percent(all)} of the change is lost to rounding" : string.Empty;
        text.Append(
            CultureInfo.InvariantCulture,
            $"{output}: {Count(fusion.Weights.Length, "weight")} {(fusion.IsWritten ? "changed" : "would change")}, {Count(fusion.Kept, "tensor")} kept{lost}");
        return text.ToString();
    }

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? string.Empty : "s")}";

    private static string Percent(double share) => double.IsFinite(share) ? share.ToString("P2", CultureInfo.InvariantCulture) : "all";
}
