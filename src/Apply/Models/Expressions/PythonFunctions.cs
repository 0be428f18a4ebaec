using System.Collections.Immutable;
using static Transfuse.Apply.Models.Expressions.PythonValue;

namespace Transfuse.Apply.Models.Expressions;

/// <summary>
/// The functions that expressions of the table call: a few of Python's, and helpers of mlx-lm (0.32.0) under the names that the table gives them.
/// </summary>
internal static class PythonFunctions
{
    private const long LongestRange = 1 << 16;

    public static object? Call(string name, ImmutableArray<object?> arguments, Scope scope) => (name, arguments) switch
    {
        ("ceil", [var x]) => (long)Math.Ceiling(Number(x)),
        ("sqrt", [var x]) => Math.Sqrt(Number(x)),
        ("int", [double x]) =>
            double.IsFinite(x) && Math.Abs(x) < 1L << 62 ? (long)Math.Truncate(x) : throw new ExpressionException($"{Describe(x)} is no integer"),
        ("int", [var x]) => Integer(x),
        ("float", [var x]) => Number(x),
        ("bool", [var x]) => IsTrue(x),
        ("round", [var x]) => (long)Math.Round(Number(x), MidpointRounding.ToEven),
        ("len", [var x]) => (long)List(x).Length,
        ("min", [var x]) => List(x).MinBy(Number),
        ("max", [var x]) => List(x).MaxBy(Number),
        ("min", [_, _]) => arguments.MinBy(Number),
        ("max", [_, _]) => arguments.MaxBy(Number),
        ("range", [var end]) => Range(Integer(end)),
        ("enumerate", [var list]) => List(list).Select((item, index) => (object?)ImmutableArray.Create<object?>((long)index, item)).ToImmutableArray(),
        ("is_list", [var x]) => x is ImmutableArray<object?>,
        ("int_or_list", [ImmutableArray<object?> list]) => Item(list, scope["i"]),
        ("int_or_list", [var x]) => x,
        ("min_or_scalar", [ImmutableArray<object?> list]) => list.MinBy(Number),
        ("max_or_scalar", [ImmutableArray<object?> list]) => list.MaxBy(Number),
        ("min_or_scalar" or "max_or_scalar", [var x]) => x,
        ("int_list", [string text]) => text.Split(',')
            .Select(part => (object?)(long.TryParse(part, out long value) ? value : throw new ExpressionException($"'{part}' is no integer")))
            .ToImmutableArray(),
        ("mla_mscale", [var config]) => MlaScale(config),
        ("make_divisible", [var value, var divisor]) => MakeDivisible(Number(value), Integer(divisor)),
        ("round_up_256", [var x]) => (Integer(x) + 255) / 256 * 256,
        ("lfm2_ff", [var width]) => LfmWidth(Integer(width), scope),
        ("is_mamba", [var layer]) => IsMamba(Integer(layer), scope),
        _ => throw new ExpressionException($"'{name}' cannot be called with {arguments.Length} arguments"),
    };

    /// <summary><c>dictionary.get(name)</c> and <c>dictionary.get(name, default)</c>.</summary>
    public static object? Get(object? members, ImmutableArray<object?> arguments) => (members, arguments) switch
    {
        (ImmutableDictionary<string, object?> dictionary, [string name, ..]) =>
            dictionary.TryGetValue(name, out object? value) ? value : arguments.Length > 1 ? arguments[1] : null,
        _ => throw new ExpressionException($"{Describe(members)} has no method get"),
    };

    private static ImmutableArray<object?> Range(long end) => end <= LongestRange
        ? [.. Enumerable.Range(0, (int)Math.Max(0, end)).Select(i => (object?)(long)i)]
        : throw new ExpressionException($"a list of {end} elements is too long");

    // deepseek_v3.py: the attention scale grows with yarn's mscale_all_dim.
    private static double MlaScale(object? config)
    {
        if (config is not ImmutableDictionary<string, object?> scaling || Number(scaling.GetValueOrDefault("mscale_all_dim") ?? 0L) is var all && all == 0)
        {
            return 1;
        }

        double factor = Number(scaling.GetValueOrDefault("factor"));
        return factor <= 1 ? 1 : (0.1 * all * Math.Log(factor)) + 1;
    }

    // openelm.py
    private static long MakeDivisible(double value, long divisor)
    {
        if (divisor < 1)
        {
            throw new ExpressionException($"{divisor} is no divisor");
        }

        long rounded = Math.Max(divisor, (long)(value + (divisor / 2.0)) / divisor * divisor);
        return rounded < 0.9 * value ? rounded + divisor : rounded;
    }

    // lfm2.py
    private static long LfmWidth(long width, Scope scope)
    {
        if (!IsTrue(scope["block_auto_adjust_ff_dim"]))
        {
            return width;
        }

        width = 2 * width / 3;
        if (scope["block_ffn_dim_multiplier"] is { } multiplier)
        {
            width = (long)(Number(multiplier) * width);
        }

        long multiple = Math.Max(1, Integer(scope["block_multiple_of"]));
        return (width + multiple - 1) / multiple * multiple;
    }

    // plamo2.py
    private static bool IsMamba(long layer, Scope scope)
    {
        long step = Integer(scope["mamba_step"]), count = Integer(scope["num_hidden_layers"]);
        if (!IsTrue(scope["mamba_enabled"]))
        {
            return false;
        }

        return count <= step / 2 ? layer != count - 1 : layer % Math.Max(1, step) != step / 2;
    }
}
