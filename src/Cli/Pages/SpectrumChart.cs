using System.Globalization;
using Transfuse.Conversion.Profiles;

namespace Transfuse.Cli.Pages;

/// <summary>The singular values of a module as bars, on a scale of powers of ten.</summary>
internal static class SpectrumChart
{
    private const int Width = 230;
    private const int Height = 120;

    // Values are known to about 1e-7 of the largest.
    private const double Decades = 6;

    public static void AddTo(Html html, ModuleProfile module)
    {
        double largest = module.SingularValues[0];
        string values = string.Join(' ', module.SingularValues.Select(Html.Exact));
        string label = Html.Escape($"{module.FullPath}: {module.SingularValues.Length} singular values, the largest {Html.Short(largest)}");
        html.Raw($"<figure><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{label}\" data-path=\"{Html.Escape(module.FullPath)}\" "
            + $"data-values=\"{values}\">");
        double step = (double)Width / module.SingularValues.Length;
        for (int i = 0; i < module.SingularValues.Length; i++)
        {
            double height = HeightOf(module.SingularValues[i], largest);
            html.Raw($"<rect x=\"{Number(i * step)}\" y=\"{Number(Height - height)}\" width=\"{Number(step * 0.85)}\" height=\"{Number(height)}\"/>");
        }

        html.Raw($"<text x=\"{Width - 4}\" y=\"12\" text-anchor=\"end\">{Html.Short(largest)} to "
            + $"{Html.Short(module.SingularValues[^1])}</text></svg><figcaption>")
            .Text(module.FullPath).Raw("</figcaption></figure>\n");
    }

    private static double HeightOf(double value, double largest) =>
        value <= 0 ? 0 : (Height - 16) * Math.Clamp(1 + (Math.Log10(value / largest) / Decades), 0, 1);

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
