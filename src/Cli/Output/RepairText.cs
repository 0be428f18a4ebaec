using System.Text;
using Transfuse.Cli.Commands;
using Transfuse.Conversion;
using Transfuse.Conversion.Repair;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>Prints a repair: each change and why; for a dry run also the change of the config as a diff.</summary>
internal static class RepairText
{
    public static string Render(OutputTarget target, RepairResult repaired, bool isDry)
    {
        if (!repaired.Succeeded)
        {
            return $"{PrintableText.OneLine(target.Input)}: not repaired";
        }

        var text = new StringBuilder();
        text.Append(PrintableText.OneLine(repaired.IsWritten ? target.Output : target.Input)).Append(": ").Append(repaired.Adapter!.Summary());
        text.Append(repaired.Changes.IsEmpty ? "; nothing to repair" : isDry ? "; would be changed:" : "; changed:");
        foreach (RepairChange change in repaired.Changes)
        {
            text.Append("\n  ").Append(PrintableText.OneLine(change.ToString()));
        }

        foreach (string line in isDry ? repaired.ConfigDiff : [])
        {
            text.Append('\n').Append(PrintableText.OneLine(line));
        }

        return text.ToString();
    }
}
