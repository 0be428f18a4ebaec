using System.Text.RegularExpressions;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Ids of bases that mlx-lm quantized: PEFT and the servers take the base from the config, and transformers reads no weights in MLX's packed form.
/// </summary>
internal static partial class MlxBaseId
{
    /// <summary>Names such a base.</summary>
    /// <param name="id">The base's id, if the config has one.</param>
    /// <param name="subject">The field.</param>
    /// <param name="log">Receives the finding.</param>
    public static void Report(string? id, ConfigPlace subject, FindingLog log)
    {
        if (id is not null && IsQuantized(id))
        {
            log.Add(ConfigCodes.QuantizedBaseId.At(subject, $"is {ConfigFields.Shorten(id)}, by its name a base that was quantized for MLX"));
        }
    }

    /// <summary>Whether an id names MLX and a number of bits, as mlx-community's and LM Studio's do.</summary>
    public static bool IsQuantized(string id) => Mlx().IsMatch(id) && Bits().IsMatch(id);

    // No unbounded repetition: backtracking takes linear time, and needs no automaton that is built at each start of the command.
    [GeneratedRegex(@"(\A|[-_./])mlx([-_./]|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Mlx();

    [GeneratedRegex(@"[-_.](([2-8]-?bits?)|q[2-8]|mxfp[48]|nvfp4|dwq)([-_.]|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bits();
}
