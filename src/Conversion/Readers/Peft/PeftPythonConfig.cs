using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// A LoRA config as PEFT's Python uses it (PEFT 0.21): no type is checked, so flags count by Python's truth, a boolean is a number, and a comparison with NaN
/// is false.
/// What raises for its type is reported; what comes out of the rest is a config of the types that belong there.
/// </summary>
internal sealed class PeftPythonConfig
{
    // Of inference_mode the loader makes its own.
    private static readonly string[] Flags =
        [.. PeftFields.All.Where(field => field.Kind == PeftFieldKind.Flag && field.Name != "inference_mode").Select(field => field.Name)];

    // Strings that say no and are true in Python, where only the empty string is false.
    private static readonly string[] Negations = ["false", "no", "off", "0", "none", "null"];

    private readonly CheckContext _context;
    private bool _isRefused;

    private PeftPythonConfig(CheckContext context) => _context = context;

    /// <summary>Takes a config, with findings for what Python takes otherwise than it reads.</summary>
    /// <returns>Whether nothing in it raises.</returns>
    public static bool TryRead(CheckContext context, JsonObject json, out JsonObject taken)
    {
        var python = new PeftPythonConfig(context);
        taken = python.Take(json);
        return !python._isRefused;
    }

    private JsonObject Take(JsonObject json)
    {
        var members = ImmutableArray.CreateBuilder<KeyValuePair<string, JsonValue>>(json.Members.Length);
        foreach ((string name, JsonValue value) in json.Members)
        {
            if (Taken(name, value) is { } taken)
            {
                members.Add(new(name, taken));
            }
        }

        return new JsonObject(members);
    }

    private JsonValue? Taken(string name, JsonValue value)
    {
        switch (name)
        {
            case var _ when Flags.Contains(name):
                return Flag(name, value);
            case "lora_alpha" when value is JsonBoolean flag:
                Misread(name, $"is {flag.Kind}, which Python multiplies by as {(flag.Value ? 1 : 0)}");
                return JsonNumber.Of(flag.Value ? 1 : 0);
            case "lora_dropout":
                return Dropout(value);
            case "bias" when value is not JsonString:
                Raise(name, $"AttributeError: {value.Kind} has no attribute 'endswith'");
                return null;
            case "r" when value is JsonNull:
                Raise(name, "TypeError: '<=' not supported between instances of 'NoneType' and 'int'");
                return null;
            case "r" when value is JsonBoolean:
                Raise(name, $"TypeError: is {value.Kind}, which is no size of a tensor");
                return null;
            case "megatron_config" when PythonNumbers.IsTrue(value):
                Raise(name, "ModuleNotFoundError: No module named 'megatron'; with a megatron_config PEFT imports it");
                return null;
            case "target_modules" when value is JsonObject names:
                return JsonArray.Of(names.Members.Select(member => member.Key));
            case "init_lora_weights" when value is (JsonNumber or JsonArray or JsonObject) && !PythonNumbers.IsTrue(value):
                return JsonBoolean.False;
            default:
                return value;
        }
    }

    private JsonBoolean Flag(string name, JsonValue value)
    {
        if (value is JsonString { Value: var text } && Negations.Contains(text.Trim(), StringComparer.OrdinalIgnoreCase))
        {
            // Of the others the tensors tell, or PEFT itself puts it right.
            FindingCode code = name == "use_rslora" ? CheckCodes.ValueMisread : CheckCodes.OddityTaken;
            _context.Report(code, name, $"is {ConfigFields.Show(value)}, and a string that is not empty is true in Python");
        }

        return JsonBoolean.Of(PythonNumbers.IsTrue(value));
    }

    // Only lora_dropout > 0 makes a Dropout, which checks its range.
    private JsonValue? Dropout(JsonValue value)
    {
        switch (PythonNumbers.Number(value))
        {
            case null:
                Raise("lora_dropout", $"TypeError: '>' not supported between {value.Kind} and a float");
                return null;
            case > 1:
                Raise("lora_dropout", $"ValueError: dropout probability has to be between 0 and 1, but got {ConfigFields.Show(value)}");
                return null;
            case >= 0 and <= 1 and { } usual:
                return value is JsonNumber ? value : JsonNumber.Of((long)usual);
            default:
                _context.Report(CheckCodes.OddityTaken, "lora_dropout", $"is {ConfigFields.Show(value)}, which is not greater than 0 and makes no dropout");
                return value;
        }
    }

    private void Misread(string name, string message) => _context.Report(CheckCodes.ValueMisread, name, message);

    private void Raise(string name, string message)
    {
        _isRefused = true;
        _context.Report(CheckCodes.FieldRefused, name, message);
    }
}
