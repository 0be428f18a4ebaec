using Transfuse.Cli.Output;
using Transfuse.Conversion.Verification;

namespace Transfuse.Cli.Tests.Output;

public class ComparisonProgressLineTests
{
    [Fact]
    public void Is_there_only_for_a_terminal_and_not_when_quiet()
    {
        using var text = new StringWriter();
        var console = new CommandConsole(TextWriter.Null, text);
        Assert.Null(ComparisonProgressLine.For(console, quiet: false));
        Assert.Null(ComparisonProgressLine.For(console with { IsTerminal = true }, quiet: true));
        using ComparisonProgressLine? line = ComparisonProgressLine.For(console with { IsTerminal = true }, quiet: false);
        Assert.NotNull(line);
    }

    [Fact]
    public async Task Overwrites_itself_and_is_gone_at_the_end()
    {
        using var text = new StringWriter();
        using (var line = new ComparisonProgressLine(text, "comparing"))
        {
            line.Report(new ComparisonProgress(1, 224));
            Assert.Empty(text.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(250), TestContext.Current.CancellationToken);
            line.Report(new ComparisonProgress(2, 224));
            line.Report(new ComparisonProgress(3, 224));
        }

        string[] parts = text.ToString().Split('\r');
        Assert.Equal(["", "comparing: 2 of 224 modules", "", ""], parts.Select(part => part.TrimEnd()));
    }

    [Fact]
    public void Short_work_leaves_no_trace()
    {
        using var text = new StringWriter();
        using (var line = new ComparisonProgressLine(text, "comparing"))
        {
            line.Report(new ComparisonProgress(6, 6));
        }

        Assert.Empty(text.ToString());
    }
}
