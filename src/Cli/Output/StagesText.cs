using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Transfuse.Conversion.Stages;

namespace Transfuse.Cli.Output;

/// <summary>Prints the stages of a conversion: a line for each, with what there was after it.</summary>
internal static class StagesText
{
    public static string Render(ImmutableArray<StageReport> stages)
    {
        var text = new StringBuilder();
        foreach (StageReport stage in stages)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{stage.Name,-9} {stage.Elapsed.TotalMilliseconds,9:F1} ms {stage.Tensors,7} tensors {stage.Modules,7} modules {stage.Findings,5} findings");
        }

        return text.ToString();
    }
}
