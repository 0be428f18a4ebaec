using Transfuse.Cli.Output;

namespace Transfuse.Cli.Tests.Output;

/// <summary>What no rule foresaw ends a run with exit code 70 and one line that says where to report it; what is foreseen has a code of its own.</summary>
public class FailureTextTests
{
    private const string Hostile = "bad\u001b[2J\u202Ename\nat Somewhere()";

    [Fact]
    public void What_nobody_foresaw_is_one_escaped_line_that_says_where_to_report()
    {
        (int code, string message) = FailureText.Describe(new InvalidOperationException(Hostile));
        Assert.Equal(70, code);
        Assert.StartsWith("internal error: InvalidOperationException: bad\\u001b[2J\\u202ename", message, StringComparison.Ordinal);
        Assert.Contains("report this line and the command to the project's issues", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain('\u202E', message);
    }

    [Fact]
    public void A_fault_while_a_command_runs_ends_it_with_70_and_without_a_stack_trace()
    {
        using var error = new StringWriter();
        int code = CommandLine.Run(["--help"], new CommandConsole(new ThrowingWriter(new InvalidOperationException(Hostile)), error), TestContext.Current.CancellationToken);
        Assert.Equal(70, code);
        string line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("internal error: InvalidOperationException: bad\\u001b", line, StringComparison.Ordinal);
        Assert.DoesNotContain("ThrowingWriter", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Foreseen_failures_have_their_codes()
    {
        Assert.Equal(3, FailureText.Describe(new IOException("x")).Code);
        Assert.Equal(3, FailureText.Describe(new UnauthorizedAccessException("x")).Code);
        Assert.Equal(130, FailureText.Describe(new OperationCanceledException()).Code);
        Assert.Equal(3, FailureText.Describe(new AggregateException(new IOException("x"))).Code);
        Assert.Equal(70, FailureText.Describe(new AggregateException(new InvalidCastException("x"))).Code);
        Assert.Equal((3, "error: bad\\u001b[2J\\u202ename at Somewhere()"), Unbroken(FailureText.Describe(new IOException(Hostile))));
    }

    // However a line break is shown.
    private static (int Code, string Message) Unbroken((int Code, string Message) text) => (text.Code, text.Message.Replace("\\n", " ", StringComparison.Ordinal).Replace("\\u000a", " ", StringComparison.Ordinal));

    private sealed class ThrowingWriter(Exception failure) : StringWriter
    {
        public override void Write(char value) => throw failure;

        public override void Write(string? value) => throw failure;

        public override void Write(char[] buffer, int index, int count) => throw failure;

        public override void Write(ReadOnlySpan<char> buffer) => throw failure;

        public override void WriteLine(string? value) => throw failure;
    }
}
