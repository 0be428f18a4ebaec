using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>
/// The numbers that mlx-lm and mlx-vlm read by name from <c>lora_parameters</c>, with what Python raises where they are not what it needs. <c>dropout</c> is
/// one of them, but changes no loaded adapter.
/// </summary>
/// <param name="Rank"><c>rank</c>.</param>
/// <param name="Scale"><c>scale</c>.</param>
internal readonly record struct LoraParameters(long Rank, double Scale)
{
    private const string Parent = "lora_parameters.";

    /// <summary>Reads them, or gives <see langword="null"/> with an error for each that is wrong.</summary>
    public static LoraParameters? Read(CheckContext context, JsonObject parameters)
    {
        bool ok = true;
        foreach (string name in new[] { "rank", "scale", "dropout" })
        {
            if (!parameters.Contains(name))
            {
                context.Report(CheckCodes.FieldMissing, Parent + name, $"KeyError: '{name}'");
                ok = false;
            }
        }

        long? rank = PythonNumbers.Extent(parameters["rank"]);
        double? scale = PythonNumbers.Number(parameters["scale"]);
        if (parameters.Contains("rank") && rank is null or <= 0)
        {
            Refuse(context, "rank", parameters["rank"]!, "a positive integer without a point");
            ok = false;
        }

        if (parameters.Contains("scale") && scale is null)
        {
            Refuse(context, "scale", parameters["scale"]!, "a number");
            ok = false;
        }

        else if (scale is { } factor)
        {
            ScaleRange.Check(context, Parent + "scale", factor);
        }

        if (parameters.Contains("dropout") && !PythonNumbers.IsDropout(parameters["dropout"]))
        {
            Refuse(context, "dropout", parameters["dropout"]!, "a number from 0 up to and without 1");
            ok = false;
        }

        return ok ? new LoraParameters(rank!.Value, scale!.Value) : null;
    }

    private static void Refuse(CheckContext context, string name, JsonValue value, string wanted) =>
        context.Report(
            CheckCodes.FieldRefused, Parent + name, $"{(value is JsonNumber ? "ValueError or TypeError" : "TypeError")}: is {value.Kind}, not {wanted}");
}
