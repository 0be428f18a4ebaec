using System.CommandLine;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;

namespace Transfuse.Cli.Commands;

/// <summary>The PATH arguments and the options that choose among what they match.</summary>
internal sealed class BatchInputs
{
    private readonly Argument<string[]> _paths = CommonOptions.Paths();
    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Leave out what this glob matches: a path, its part below the glob's fixed prefix, or a name. May be repeated.",
        HelpName = "GLOB",
    };

    private readonly Option<string> _fromFile = new("--from-file")
    {
        Description =
            "Read further paths from a file, or from standard input with -: one a line, # begins a comment; a tab and a name after a path name its output.",
        HelpName = "LIST",
    };

    private readonly Option<bool> _checkpoints =
        new("--checkpoints") { Description = "Take the checkpoint-N folders of trainers too where a glob meets them." };

    /// <summary>Adds them.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="isOptional">Whether the verb has another way to name what it reads.</param>
    public void AddTo(Command command, bool isOptional = false)
    {
        command.Arguments.Add(_paths);
        foreach (Option option in new Option[] { _fromFile, _exclude, _checkpoints })
        {
            command.Options.Add(option);
        }

        if (!isOptional)
        {
            command.Validators.Add(result =>
            {
                if (result.GetValue(_paths) is null or [] && result.GetValue(_fromFile) is null)
                {
                    result.AddError("Required argument missing for command: PATH, or --from-file.");
                }
            });
        }
    }

    /// <summary>Whether any input is named.</summary>
    public bool IsGiven(System.CommandLine.Parsing.CommandResult result) =>
        result.GetValue(_paths) is { Length: > 0 } || result.GetValue(_fromFile) is not null;

    /// <summary>Finds the inputs.</summary>
    /// <exception cref="UsageException">A glob matches nothing, or the list names nothing.</exception>
    /// <exception cref="IOException">The list could not be read.</exception>
    public DiscoveredInputs Find(ParseResult result) => Find(result, null);

    private DiscoveredInputs Find(ParseResult result, string? output)
    {
        string[] paths = result.GetValue(_paths) ?? [];
        var options = new DiscoveryOptions
        {
            Excluded = [.. result.GetValue(_exclude) ?? []],
            TakesCheckpoints = result.GetValue(_checkpoints),
            Output = output,
        };
        try
        {
            if (result.GetValue(_fromFile) is not { } list)
            {
                return InputDiscovery.Find(paths, options);
            }

            using TextReader reader = list == "-" ? new StreamReader(Console.OpenStandardInput()) : new StreamReader(list);
            return InputDiscovery.Find([.. paths, .. InputList.Read(reader)], options with { IsList = true });
        }
        catch (BatchException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }

    /// <summary>Finds the inputs of a verb that writes: no two with one output.</summary>
    /// <inheritdoc cref="Find(ParseResult)" path="/exception" />
    public DiscoveredInputs FindWithOutputs(ParseResult result, string output)
    {
        DiscoveredInputs found = Find(result, output);
        if (found.IsSingle && Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))).Length == 0)
        {
            throw new UsageException($"--output '{output}' is no folder that can be written.");
        }

        try
        {
            InputDiscovery.RequireOwnOutputs(found.Inputs);
            return found;
        }
        catch (BatchException clash)
        {
            throw new UsageException(clash.Message);
        }
    }
}
