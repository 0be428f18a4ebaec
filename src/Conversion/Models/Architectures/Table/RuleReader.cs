using System.Collections.Immutable;
using System.Text.Json;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Table;

/// <summary>Reads one rule of the table.</summary>
internal static class RuleReader
{
    public static Rule Read(JsonElement element)
    {
        EntryReader reader = new(element);
        PathPattern source = reader.Pattern("hf");
        Rule rule = reader.Text("kind") switch
        {
            "rename" => new RenameRule
            {
                Source = source,
                Target = reader.Pattern("mlx"),
                Parameter = reader.OptionalWord("param2d", Words.Runtime),
                Transposed = reader.Flag("transposed"),
            },
            "stack" => new StackRule { Source = source, Target = reader.Pattern("mlx") },
            "split_rows" => new SplitRule { Source = source, Parts = Targets(reader) },
            "scale" => new ScaleRule { Source = source, Target = reader.Pattern("mlx"), Factors = Factors(reader.Required("factor")) },
            "param2d_experts" => new ExpertRowsRule { Source = source, Target = reader.Pattern("mlx"), Transposed = reader.Flag("transposed") },
            "drop" => new DropRule { Source = source, Reason = reader.Text("reason") },
            "param3d" => Packed(reader, source),
            "unsupported" => Unsupported(reader, source),
            string kind => throw new FormatException($"There is no kind of rule {kind}."),
        };
        rule = rule with
        {
            Runtime = reader.OptionalWord("runtime", Words.Runtime) ?? Runtime.All,
            When = reader.Optional("when") is JsonElement when ? ExpressionReader.ReadCondition(when) : null,
        };
        reader.End();
        return rule;
    }

    private static PackedRule Packed(EntryReader reader, PathPattern source) => new()
    {
        Source = source,
        Parts = Targets(reader),
        Layout = reader.Word("layout", Words.Layout),
        IsTransposed = reader.Flag("is_transposed"),
        In = reader.Word("in", Words.Dimension),
        Out = reader.Word("out", Words.Dimension),
        Experts = reader.Optional("experts") is JsonElement experts ? ExpressionReader.Read(experts) : null,
    };

    private static UnsupportedRule Unsupported(EntryReader reader, PathPattern source)
    {
        HeadSplit? split = null;
        if (reader.Optional("heads") is JsonElement element)
        {
            EntryReader heads = new(element);
            split = new HeadSplit(heads.Text("count"), heads.Text("first"), heads.Text("second"));
            heads.End();
        }

        return new UnsupportedRule
        {
            Source = source,
            Reason = reader.Text("reason"),
            Weights = [.. reader.Texts("mlx").Select(path => new PathPattern(path))],
            Heads = split,
        };
    }

    private static ImmutableArray<RuleTarget> Targets(EntryReader reader) =>
    [
        .. reader.List("targets").Select(element =>
        {
            EntryReader target = new(element);
            RuleTarget result = new(target.Pattern("mlx"), Rows(target.Required("rows")));
            target.End();
            return result;
        }),
    ];

    private static RowSelector Rows(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            return Words.Rows.TryGetValue(element.GetString()!, out RowSelection rows)
                ? new RowSelector(rows)
                : throw new FormatException($"There are no rows {element.GetString()}.");
        }

        EntryReader reader = new(element);
        RowSelector selector = new(
            ExpressionReader.Read(reader.Required("every")),
            ExpressionReader.Read(reader.Required("from")),
            ExpressionReader.Read(reader.Required("count")));
        reader.End();
        return selector;
    }

    private static ImmutableArray<(Expression? Rows, Expression Factor)> Factors(JsonElement element) =>
        element.ValueKind != JsonValueKind.Array
            ? [(null, ExpressionReader.Read(element))]
            : [.. element.EnumerateArray()
                .Select(part => ((Expression?)ExpressionReader.Read(part.GetProperty("rows")), ExpressionReader.Read(part.GetProperty("factor"))))];
}
