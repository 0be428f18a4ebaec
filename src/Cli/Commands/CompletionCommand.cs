using System.CommandLine;

namespace Transfuse.Cli.Commands;

/// <summary>
/// <c>transfuse completion</c>: the script that lets a shell complete what is typed. The command itself knows the words (<c>[suggest:N]</c>).
/// </summary>
internal sealed class CompletionCommand : ICommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _transfuse() {
              local IFS=$'\n' found
              found=$("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
              # Options only where one is begun: else files, which are offered where nothing is found.
              [[ $2 == -* ]] || found=$(grep -v '^-' <<<"$found")
              COMPREPLY=($(compgen -W "$found" -- "$2"))
            }
            complete -o default -F _transfuse transfuse
            """,
        ["fish"] = """
            function __transfuse
              set -l word (commandline -ct)
              set -l found (command transfuse "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)
              string match -q -- '-*' $word; or set found (string match -v -- '-*' $found)
              printf '%s\n' $found
            end
            complete -c transfuse -a '(__transfuse)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName transfuse -ScriptBlock {
              param($word, $line, $position)
              transfuse "[suggest:$position]" "$line" 2>$null |
                Where-Object { $_ -like "$word*" -and ($word.StartsWith('-') -or -not $_.StartsWith('-')) } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
        ["zsh"] = """
            #compdef transfuse
            _transfuse() {
              local -a found
              found=("${(@f)$(command transfuse "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
              [[ $PREFIX == -* ]] || found=(${found:#-*})
              found=(${found:#})
              if (( ${#found} )); then compadd -- $found; else _files; fi
            }
            compdef _transfuse transfuse
            """,
    };

    private readonly Argument<string> _shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", Scripts.Keys)}." }
        .AcceptOnlyFromAmong([.. Scripts.Keys]);

    public IReadOnlyList<string> Examples { get; } =
    [
        "source <(transfuse completion bash)",
        "transfuse completion bash > ~/.local/share/bash-completion/completions/transfuse",
        "transfuse completion zsh > ~/.zfunc/_transfuse",
        "transfuse completion fish > ~/.config/fish/completions/transfuse.fish",
        "transfuse completion pwsh >> $PROFILE",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command("completion", "Prints the script that lets a shell complete verbs, options, targets, dtypes and codes.") { _shell };
        command.SetAction(result =>
        {
            console.Out.WriteLine(Scripts[result.GetRequiredValue(_shell)].ReplaceLineEndings("\n"));
            return ExitCodes.Done;
        });
        return command;
    }
}
