using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Transfuse.Cli.Commands;

/// <summary>Adds examples to the help of a command.</summary>
/// <param name="help">What prints the rest.</param>
/// <param name="examples">Command lines.</param>
internal sealed class ExamplesHelp(HelpAction help, IReadOnlyList<string> examples) : SynchronousCommandLineAction
{
    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <summary>Gives a command a help of its own that ends with examples.</summary>
    public static Command AddTo(Command command, IReadOnlyList<string> examples)
    {
        var option = new HelpOption();
        option.Action = new ExamplesHelp((HelpAction)option.Action!, examples);
        command.Options.Add(option);
        return command;
    }

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        return code;
    }
}
