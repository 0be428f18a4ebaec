using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Transfuse.Conversion;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Cli.Commands;

/// <summary>Options that several commands share, each with one spelling and one description.</summary>
internal static class CommonOptions
{
    public static Argument<string[]> Paths() => new("PATH")
    {
        Description = "Adapter folders, weights files, or quoted globs that match either, such as 'runs/*' or 'runs/**/adapter_config.json'.",
        Arity = ArgumentArity.ZeroOrMore,
        Validators = { RequireText },
    };

    public static Option<TargetProfile> Target(string name, string description, bool writable)
    {
        string names = string.Join(", ", TargetProfile.All.Where(profile => !writable || profile.IsWritable).Select(profile => profile.Name));
        return new Option<TargetProfile>(name)
        {
            Description = $"{description}: {names}. Several MLX ones with a comma.",
            HelpName = "TARGET",
            Required = true,
            CompletionSources = { names.Split(", ") },
            CustomParser = result =>
            {
                TargetProfile? common = null;
                foreach (string part in result.Tokens[0].Value.Split(','))
                {
                    if (TargetProfile.Find(part.Trim().ToLowerInvariant()) is not { } profile || (writable && !profile.IsWritable))
                    {
                        result.AddError(
                            $"'{part}' is no target{NearMiss.Of(part, names.Split(", "))}; use {names}".Replace("?; use", "? Use", StringComparison.Ordinal)
                                + ".");
                        return null;
                    }

                    if (common is not null && common.Dialect != profile.Dialect)
                    {
                        result.AddError($"No folder suits both {common.Name} and {profile.Name}: their configs have the same name and different content.");
                        return null;
                    }

                    common = common?.Intersect(profile) ?? profile;
                }

                return common;
            },
        };
    }

    /// <summary>One reader, or several that all must load the folder; each is checked on its own.</summary>
    public static Option<ImmutableArray<TargetProfile>> Readers()
    {
        string names = string.Join(", ", TargetProfile.All.Select(profile => profile.Name));
        return new Option<ImmutableArray<TargetProfile>>("--for")
        {
            Description = $"The program to check for: {names}. Several with a comma: all must load it.",
            HelpName = "TARGET",
            Required = true,
            CompletionSources = { names.Split(", ") },
            CustomParser = result =>
            {
                var readers = ImmutableArray.CreateBuilder<TargetProfile>();
                foreach (string part in result.Tokens[0].Value.Split(','))
                {
                    if (TargetProfile.Find(part.Trim().ToLowerInvariant()) is not { } profile)
                    {
                        result.AddError(
                            $"'{part}' is no reader{NearMiss.Of(part, names.Split(", "))}; use {names}".Replace("?; use", "? Use", StringComparison.Ordinal)
                                + ".");
                        return [];
                    }

                    readers.Add(profile);
                }

                return [.. readers.Distinct()];
            },
        };
    }

    public static Option<int?> MaxLoraRank() => new("--max-lora-rank")
    {
        Description = "The rank limit that the server was started with (vllm, sglang). Default: 16 for vllm, none for sglang.",
        HelpName = "N",
        Validators = { result => RequirePositive(result) },
    };

    public static Option<string> Output() => new("--output", "-o")
    {
        Description = "The folder to write. With several inputs, or a glob: the parent of the folders to write.",
        HelpName = "DIR",
        Validators = { result => RequireText(result) },
    };

    public static Option<string> Base() => new("--base")
    {
        Description = "The base model's folder. Its config.json is enough for names and checks.",
        HelpName = "MODEL",
        Validators = { result => RequireText(result) },
    };

    public static Option<string> ModelType() => new("--model-type")
    {
        Description =
            "The base's model_type, such as llama; 'identity' keeps all names. Default: from --base, else from the adapter where that is unambiguous.",
        HelpName = "NAME",
    };

    public static Option<string> AdapterName() => new("--adapter")
    {
        Description = "The sub-folder to read where a folder holds several adapters.",
        HelpName = "NAME",
    };

    public static Option<string> DTypeName() => new Option<string>("--dtype")
    {
        Description = "The dtype of all factors: keep, float32 (f32), bfloat16 (bf16) or float16 (f16). Default: keep.",
        HelpName = "DTYPE",
    }.AcceptOnlyFromAmong("keep", "f32", "bf16", "f16", "float32", "bfloat16", "float16");

    public static Option<double?> Scale() =>
        Number(
            "--scale", "The final multiplier of the adapter, where its config does not tell it.", "0, or a number within the range of float32",
            ConversionOptions.IsScale);

    public static Option<double?> Dropout() =>
        Number("--dropout", "The dropout of an MLX adapter's training, where its config does not tell it.", "in [0, 1)", DropoutInference.IsProbability);

    public static Option<MlxProducer> Producer() => new("--producer")
    {
        Description =
            "Who wrote an MLX adapter whose config means one thing or another by version: mlx-lm@VERSION, mlx-vlm@VERSION, or the day of the training as "
            + "YYYY-MM-DD.",
        HelpName = "PRODUCER",
        CustomParser = result =>
        {
            MlxProducer? producer = MlxProducer.Parse(result.Tokens[0].Value);
            if (producer is null)
            {
                result.AddError($"'{result.Tokens[0].Value}' is no producer; use mlx-lm@VERSION, mlx-vlm@VERSION or YYYY-MM-DD.");
            }

            return producer;
        },
    };

    public static Option<double?> Tolerance() => Number(
        "--tolerance",
        "Largest relative Frobenius error of a module that counts as rounding; with --logits, largest error as a share of what the first adapter changes. "
        + "Default: 1e-6; with --logits 1e-3.",
        "a number of at least 0",
        value => value >= 0 && double.IsFinite(value));

    public static Option<double?> Number(string name, string description, string expected, Func<double, bool> isValid) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && isValid(value))
            {
                return value;
            }

            result.AddError($"{name} must be {expected}, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public static Option<string[]> Allow()
    {
        var option = new Option<string[]>("--allow")
        {
            Description = "Accept the loss that a finding names, by its code. May be repeated.",
            HelpName = "CODE",
        };
        option.CompletionSources.Add([.. FindingCodes.All.Where(code => code.CanBeAllowed).Select(code => code.Id)]);
        option.Validators.Add(result =>
        {
            foreach (string id in result.Tokens.Select(token => token.Value))
            {
                if (FindingCodes.Find(id) is not { CanBeAllowed: true })
                {
                    result.AddError($"--allow does not apply to '{id}'.");
                }
            }
        });
        return option;
    }

    public static Option<ExpertOrientation?> ExpertSide() => new Option<ExpertOrientation?>("--expert-orientation")
    {
        Description = "Which side A acts on in packed experts that are square: inputFirst or outputFirst.",
        HelpName = "SIDE",
    }.AcceptOnlyFromAmong("inputFirst", "outputFirst");

    public static Option<int?> Rank(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        Validators = { result => RequirePositive(result) },
    };

    public static Option<int?> MaxGrowth() => new("--max-growth")
    {
        Description = "How many times as large zeros may make the factors, where ranks are padded or experts filled in; up to 64 MiB always. Default: 16.",
        HelpName = "N",
        Validators = { result => RequirePositive(result) },
    };

    public static Option<bool> WorstElement() => new("--worst-element")
    {
        Description = "Also find the largest difference of one element in each module that differs. Slow: every element is formed.",
    };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Do everything but write." };

    public static Option<bool> Overwrite() =>
        new("--overwrite") { Description = "Replace the adapter in the output folder if there is one; other files in it are kept." };

    public static Option<bool> Durable() => new("--durable") { Description = "Return only when the output has reached the disk." };

    public static Option<int?> Jobs() => new("--jobs", "-j")
    {
        Description = "Most adapters, and tensors of one, in work at one time. Default: one for each processor.",
        HelpName = "N",
        Validators = { result => RequirePositive(result) },
    };

    public static Option<bool> Json() => new("--json") { Description = "Print the report as JSON on standard output." };

    public static Option<string> Report() =>
        new("--report") { Description = "Write the report as JSON to a file.", HelpName = "FILE", Validators = { result => RequireText(result) } };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Print only warnings and errors." };

    public static Option<bool> Verbose() => new("--verbose", "-v") { Description = "Print every module." };

    /// <summary>An option's integer; <see langword="null"/> where there is none, which the conversion reports after the validators.</summary>
    public static int? IntegerOf(System.CommandLine.Parsing.OptionResult result) =>
        result.Tokens is [{ Value: string text }] && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;

    /// <summary>Refuses an empty value: an empty variable of a script would otherwise mean the current folder.</summary>
    public static void RequireText(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"{result.Option.Name} must not be empty.");
        }
    }

    /// <summary>Refuses an empty path.</summary>
    public static void RequireText(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"{result.Argument.Name} must not be empty.");
        }
    }

    private static void RequirePositive(System.CommandLine.Parsing.OptionResult result)
    {
        if (IntegerOf(result) < 1)
        {
            result.AddError($"{result.Option.Name} must be at least 1.");
        }
    }
}
