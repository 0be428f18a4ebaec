using System.Text;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Tests.Findings;

/// <summary>Makes docs/findings.md of the codes and their examples.</summary>
internal static class FindingsPage
{
    private const string Introduction = """
        # Findings

        This page is generated from the codes and from one example of each; a test keeps them in step.

        A finding is one line that says what was found out about an adapter: a severity, a code, a subject (a file, a tensor, a module or a field) and a message. Programs match the code, which is never used again for another cause.

        | severity | meaning |
        | --- | --- |
        | error | Nothing is written, and the exit code is 1, or 4 where there are several inputs. In `check`: the reader fails, or loads the adapter wrongly. |
        | warning | The work goes on; something was assumed or lost, or may be wrong. |
        | info | The work goes on as it should; `information` in JSON reports. |

        Where an error names what would be lost, `--allow CODE` accepts that loss: the error becomes a warning, and the work goes on without what is lost. `--allow` with any other code is wrong usage (exit code 2). Codes of TF1xxx can never be allowed: a file that cannot be read leaves nothing to go on with. `check` writes nothing and has no `--allow`.

        """;

    // A code belongs to the longest of these prefixes.
    private static readonly (string Prefix, string Title)[] Blocks =
    [
        ("TF1", "TF1xxx: files"),
        ("TF2", "TF2xxx: tensors"),
        ("TF24", "TF24xx: PEFT's methods other than LoRA"),
        ("TF3", "TF3xxx: PEFT configs, and fields of any config"),
        ("TF35", "TF35xx: MLX configs"),
        ("TF4", "TF4xxx: the model's architecture"),
        ("TF5", "TF5xxx: the target"),
        ("TF55", "TF55xx: what `check` says of a reader"),
        ("TF60", "TF60xx: merging an adapter into its base (`fuse`)"),
        ("TF61", "TF61xx: an adapter on a running model"),
        ("TF7", "TF7xxx: many adapters in one run"),
        ("TF705", "TF705x: adapters and models on a hub"),
    ];

    /// <summary>The page, with <c>\n</c> at the end of each line.</summary>
    /// <param name="examples">The printed line of each code by its id.</param>
    public static string Render(IReadOnlyDictionary<string, string> examples)
    {
        var page = new StringBuilder(Introduction);
        string? block = null;
        foreach (FindingCode code in FindingCodes.All)
        {
            string title = Blocks.Last(candidate => code.Id.StartsWith(candidate.Prefix, StringComparison.Ordinal)).Title;
            if (title != block)
            {
                page.Append($"\n## {title}\n");
                block = title;
            }

            Append(page, code, examples.GetValueOrDefault(code.Id));
        }

        return page.ToString();
    }

    /// <summary>How a finding of this severity begins.</summary>
    public static string Label(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "info",
    };

    private static void Append(StringBuilder page, FindingCode code, string? example)
    {
        string severity = Label(code.Severity);
        page.Append($"\n### {code.Id}\n\n{char.ToUpperInvariant(severity[0])}{severity[1..]}. {code.Cause}\n\n");
        page.Append(example is null ? "Example: none; nothing reports this code at present.\n\n" : $"Example:\n```\n{example}\n```\n\n");
        page.Append($"- What to do: {code.Remedy}\n");
        if (code.Severity == Severity.Error)
        {
            page.Append($"- `--allow`: {(code.Loss is null ? "no" : "yes; lost: " + code.Loss)}.\n");
        }
    }
}
