using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Models.Expressions;

/// <summary>
/// Python's operators on the values of a config: null, bool, long, double, string, ImmutableArray of values, and dictionaries by name.
/// A bool counts as 0 or 1.
/// </summary>
internal static class PythonValue
{
    // What a config can make a list grow to: more layers than any model has.
    private const int LongestList = 1 << 16;

    /// <summary>A value of JSON as Python reads it.</summary>
    public static object? Of(JsonValue? value) => value switch
    {
        null or JsonNull => null,
        JsonBoolean boolean => boolean.Value,
        JsonString text => text.Value,
        JsonNumber { IsIntegerText: true } number when long.TryParse(
            number.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer) =>
            integer,
        JsonNumber number => number.Value,
        JsonArray array => array.Items.Select(Of).ToImmutableArray(),
        JsonObject members => members.Members.ToImmutableDictionary(member => member.Key, member => Of(member.Value), StringComparer.Ordinal),
        _ => throw new ExpressionException($"{value.Kind} is no value"),
    };

    /// <summary>Whether Python takes it for true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool boolean => boolean,
        long integer => integer != 0,
        double number => number != 0,
        string text => text.Length > 0,
        ImmutableArray<object?> list => list.Length > 0,
        ImmutableDictionary<string, object?> members => !members.IsEmpty,
        _ => true,
    };

    /// <summary>A number.</summary>
    public static double Number(object? value) => value switch
    {
        bool boolean => boolean ? 1 : 0,
        long integer => integer,
        double number => number,
        _ => throw new ExpressionException($"{Describe(value)} is no number"),
    };

    /// <summary>An integer; a float only where it is integral.</summary>
    public static long Integer(object? value) => value switch
    {
        bool boolean => boolean ? 1 : 0,
        long integer => integer,
        double number when double.IsInteger(number) && Math.Abs(number) < 1L << 53 => (long)number,
        _ => throw new ExpressionException($"{Describe(value)} is no integer"),
    };

    /// <summary>A list.</summary>
    public static ImmutableArray<object?> List(object? value) => value switch
    {
        ImmutableArray<object?> list => list,
        string text => [.. text.Select(character => (object?)character.ToString())],
        ImmutableDictionary<string, object?> members => [.. members.Keys.Order(StringComparer.Ordinal)],
        _ => throw new ExpressionException($"{Describe(value)} is no list"),
    };

    /// <summary>Equality; numbers of different types compare by value.</summary>
    public static new bool Equals(object? a, object? b) => (a, b) switch
    {
        (null, _) or (_, null) => a is null && b is null,
        (bool or long or double, bool or long or double) => Number(a) == Number(b),
        (ImmutableArray<object?> left, ImmutableArray<object?> right) =>
            left.Length == right.Length && left.Zip(right).All(pair => Equals(pair.First, pair.Second)),
        _ => a.Equals(b),
    };

    /// <summary><c>value in container</c>.</summary>
    public static bool IsIn(object? value, object? container) => container switch
    {
        ImmutableDictionary<string, object?> members => value is string name && members.ContainsKey(name),
        IReadOnlySet<string> names => value is string name && names.Contains(name),
        string text => value is string part && text.Contains(part, StringComparison.Ordinal),
        _ => List(container).Any(item => Equals(item, value)),
    };

    /// <summary>An operator of two operands.</summary>
    public static object? Operate(string sign, object? a, object? b)
    {
        if (sign == "*" && (a is ImmutableArray<object?> || b is ImmutableArray<object?>))
        {
            return a is ImmutableArray<object?> list ? Repeated(list, Integer(b)) : Repeated(List(b), Integer(a));
        }

        if (sign == "+" && a is ImmutableArray<object?> first && b is ImmutableArray<object?> second)
        {
            return Limited(first.Length + (long)second.Length) ? first.AddRange(second) : first;
        }

        if (a is long or bool && b is long or bool && Exact(sign, Integer(a), Integer(b)) is { } exact)
        {
            return exact;
        }

        (double x, double y) = (Number(a), Number(b));
        return sign switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => y == 0 ? throw new ExpressionException("division by zero") : x / y,
            "//" => y == 0 ? throw new ExpressionException("division by zero") : Math.Floor(x / y),
            "%" => y == 0 ? throw new ExpressionException("division by zero") : x - (Math.Floor(x / y) * y),
            "**" => Math.Pow(x, y),
            _ => throw new ExpressionException($"'{sign}' is no operator"),
        };
    }

    /// <summary><c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c>.</summary>
    public static bool Compare(string sign, object? a, object? b)
    {
        (double x, double y) = (Number(a), Number(b));
        return sign switch
        {
            "<" => x < y,
            "<=" => x <= y,
            ">" => x > y,
            _ => x >= y,
        };
    }

    /// <summary><c>value[key]</c>.</summary>
    public static object? Item(object? value, object? key)
    {
        if (value is ImmutableDictionary<string, object?> members)
        {
            return key is string name && members.TryGetValue(name, out object? found) ? found : throw new ExpressionException($"there is no {Describe(key)}");
        }

        ImmutableArray<object?> list = List(value);
        long index = Integer(key);
        index += index < 0 ? list.Length : 0;
        return index >= 0 && index < list.Length ? list[(int)index] : throw new ExpressionException($"a list of {list.Length} has no element {Integer(key)}");
    }

    /// <summary>How messages call a value.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        bool boolean => boolean ? "true" : "false",
        string text => $"'{text}'",
        ImmutableArray<object?> => "a list",
        ImmutableDictionary<string, object?> => "an object",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.GetType().Name,
    };

    private static object? Exact(string sign, long x, long y)
    {
        try
        {
            return sign switch
            {
                "+" => checked(x + y),
                "-" => checked(x - y),
                "*" => checked(x * y),
                "//" when y != 0 => (long)Math.Floor((decimal)x / y),
                "%" when y != 0 => x - ((long)Math.Floor((decimal)x / y) * y),
                "**" when y is >= 0 and < 63 => Power(x, y),
                _ => null,
            };
        }
        catch (OverflowException)
        {
            throw new ExpressionException($"{x} {sign} {y} is too large");
        }
    }

    private static long Power(long x, long y)
    {
        long result = 1;
        for (long i = 0; i < y; i++)
        {
            result = checked(result * x);
        }

        return result;
    }

    private static ImmutableArray<object?> Repeated(ImmutableArray<object?> list, long times) =>
        Limited((Int128)list.Length * Math.Max(0, times)) ? [.. Enumerable.Repeat(list, (int)Math.Max(0, times)).SelectMany(item => item)] : list;

    private static bool Limited(Int128 length) => length <= LongestList ? true : throw new ExpressionException($"a list of {length} elements is too long");
}
