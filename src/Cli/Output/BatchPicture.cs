using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>What a terminal shows of a batch: its bar, its numbers, and a line for each adapter in work, none wider than the terminal.</summary>
/// <param name="profile">The terminal.</param>
internal sealed class BatchPicture(Profile profile)
{
    // More than this would push what is printed out of sight.
    private const int MostRunning = 16;
    private const int WidestBar = 60;
    private const string PercentSpace = "  100 %";

    /// <summary>Draws it.</summary>
    /// <param name="share">How much is done, from 0 to 1.</param>
    /// <param name="progress">The numbers.</param>
    /// <param name="running">The adapters in work.</param>
    public IRenderable Draw(double share, string progress, IReadOnlyList<string> running)
    {
        // The last percent is shown when everything is done, and then the picture is gone.
        share = Math.Clamp(share, 0, 0.99);
        int width = Math.Clamp(profile.Width - PercentSpace.Length - 1, 1, WidestBar), filled = (int)(share * width);
        string unit = profile.Capabilities.Unicode ? "━" : "=", rest = profile.Capabilities.Unicode ? "━" : "-";
        var bar = new Paragraph()
            .Append(string.Concat(Enumerable.Repeat(unit, filled)), new Style(Color.Green))
            .Append(string.Concat(Enumerable.Repeat(rest, width - filled)), new Style(Color.Grey))
            .Append(string.Create(CultureInfo.InvariantCulture, $"  {Math.Floor(share * 100),3:F0} %"));
        IEnumerable<string> lines = running.Take(MostRunning).Select(path => "  " + PrintableText.OneLine(path));
        string[] more = running.Count > MostRunning ? [$"  and {running.Count - MostRunning} more"] : [];
        return new Rows([bar, .. lines.Prepend(progress).Concat(more).Select(line => new Text(Cut(line)))]);
    }

    private string Cut(string line) => line.Length < profile.Width ? line
        : string.Concat(line.AsSpan(0, Math.Max(0, profile.Width - 2)), profile.Capabilities.Unicode ? "…" : ".");
}
