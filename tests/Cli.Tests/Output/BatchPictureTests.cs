using Spectre.Console;
using Transfuse.Cli.Output;

namespace Transfuse.Cli.Tests.Output;

public class BatchPictureTests
{
    private const string Numbers = "126 of 300 adapters, 266.4 MB of 634.3 MB, 37.5 adapters/s";

    [Fact]
    public void A_bar_its_numbers_and_a_line_for_each_adapter_in_work() => Assert.Equal(
        [
            new string('=', 25) + new string('-', 35) + "   42 %",
            Numbers,
            "  runs/00127",
            "  runs/00128",
        ],
        Lines(100, 0.42, ["runs/00127", "runs/00128"]));

    [Fact]
    public void No_line_is_wider_than_the_terminal_and_there_are_not_more_than_it_has_room_for()
    {
        string[] lines = Lines(40, 0.5, [.. Enumerable.Range(0, 20).Select(number => $"runs/{number:d2}/{new string('x', 60)}\nb")]);
        Assert.Equal(2 + 16 + 1, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 10, 39));
        Assert.Equal(new string('=', 16) + new string('-', 16) + "   50 %", lines[0]);
        Assert.StartsWith("126 of 300 adapters, 266.4 MB of", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("  runs/15/xx", lines[17], StringComparison.Ordinal);
        Assert.Equal("  and 4 more", lines[18]);
    }

    [Theory]
    [InlineData(0, "    0 %")]
    [InlineData(0.999, "   99 %")]
    [InlineData(1, "   99 %")]
    public void The_last_percent_waits_for_the_end(double share, string end) => Assert.EndsWith(end, Lines(80, share, [])[0], StringComparison.Ordinal);

    private static string[] Lines(int width, double share, string[] running)
    {
        using var text = new StringWriter();
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        terminal.Profile.Width = width;
        terminal.Profile.Capabilities.Unicode = false;
        terminal.Write(new BatchPicture(terminal.Profile).Draw(share, Numbers, running));
        return text.ToString().TrimEnd().Split('\n');
    }
}
