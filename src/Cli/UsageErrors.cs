using System.CommandLine;
using System.CommandLine.Parsing;

namespace Transfuse.Cli;

/// <summary>What is wrong with a command line.</summary>
internal static class UsageErrors
{
    /// <summary>The messages; none where it can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.Action is { ClearsParseErrors: true })
        {
            // Help is asked for.
            return [];
        }

        if (command is RootCommand && parsed.UnmatchedTokens is [var word, ..])
        {
            return IsOption(word)
                ? [$"there is no option '{word}'{NearMiss.Of(word, Names(command))}"]
                : [$"there is no command '{word}'{NearMiss.Of(word, command.Subcommands.Select(verb => verb.Name))}"];
        }

        string[] unknown = [.. UnknownOptions(parsed).Select(option => $"{command.Name} has no option '{option}'{NearMiss.Of(option, Names(command))}")];
        return unknown is [] ? [.. parsed.Errors.Select(error => error.Message)] : unknown;
    }

    // What begins like an option and is none was taken for a path. After -- everything is a path.
    private static IEnumerable<string> UnknownOptions(ParseResult parsed)
    {
        string[] paths = [.. parsed.CommandResult.Tokens.Select(token => token.Value)];
        int afterDashes = parsed.Tokens.Reverse().TakeWhile(token => token.Type != TokenType.DoubleDash).Count();
        int free = parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? afterDashes : 0;
        return paths.Take(Math.Max(0, paths.Length - free)).Concat(parsed.UnmatchedTokens).Where(IsOption);
    }

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-' && !Path.Exists(word);

    private static IEnumerable<string> Names(Command command) => command.Options.SelectMany(option => option.Aliases.Prepend(option.Name));
}
