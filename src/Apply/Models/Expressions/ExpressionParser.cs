using System.Collections.Immutable;
using System.Globalization;
using static Transfuse.Apply.Models.Expressions.PythonValue;

namespace Transfuse.Apply.Models.Expressions;

/// <summary>
/// Parses the part of Python's expressions that the table of models is written in: conditionals, <c>and or not</c>, comparisons, arithmetic, calls of
/// <see cref="PythonFunctions"/>, <c>.get</c>, fields of objects, indices, slices up to an end, lists, comprehensions, and objects. Nothing else exists,
/// so an expression can neither reach anything nor run without end.
/// </summary>
internal ref struct ExpressionParser
{
    private static readonly ImmutableDictionary<string, object?> Empty = ImmutableDictionary.Create<string, object?>(StringComparer.Ordinal);
    private readonly string _text;
    private readonly ImmutableArray<string> _tokens;
    private int _next;

    private ExpressionParser(string text)
    {
        _text = text;
        _tokens = Lexer.Split(text);
    }

    private readonly string Current => _next < _tokens.Length ? _tokens[_next] : string.Empty;

    /// <summary>Parses a whole expression.</summary>
    /// <exception cref="ExpressionException">It is none of this language.</exception>
    public static Expression Parse(string text)
    {
        var parser = new ExpressionParser(text);
        Expression expression = parser.Conditional();
        return parser.Current.Length == 0 ? expression : throw parser.Unexpected();
    }

    private Expression Conditional()
    {
        Expression value = Or();
        if (!Accept("if"))
        {
            return value;
        }

        Expression condition = Or();
        Expect("else");
        Expression otherwise = Conditional();
        return scope => IsTrue(condition(scope)) ? value(scope) : otherwise(scope);
    }

    private Expression Or()
    {
        Expression left = And();
        while (Accept("or"))
        {
            (Expression first, Expression second) = (left, And());
            left = scope => first(scope) is var value && IsTrue(value) ? value : second(scope);
        }

        return left;
    }

    private Expression And()
    {
        Expression left = Not();
        while (Accept("and"))
        {
            (Expression first, Expression second) = (left, Not());
            left = scope => first(scope) is var value && !IsTrue(value) ? value : second(scope);
        }

        return left;
    }

    private Expression Not()
    {
        if (!Accept("not"))
        {
            return Comparison();
        }

        Expression inner = Not();
        return scope => !IsTrue(inner(scope));
    }

    private Expression Comparison()
    {
        Expression left = Sum();
        Expression? result = null;
        while (Comparer() is { } compare)
        {
            (Expression first, Expression second, Expression? before) = (left, Sum(), result);
            result = scope => before is not null && !IsTrue(before(scope)) ? false : compare(first(scope), second(scope));
            left = second;
        }

        return result ?? left;
    }

    private Func<object?, object?, bool>? Comparer()
    {
        string sign = Current;
        switch (sign)
        {
            case "==" or "!=":
                _next++;
                return (a, b) => PythonValue.Equals(a, b) == (sign == "==");
            case "<" or "<=" or ">" or ">=":
                _next++;
                return (a, b) => Compare(sign, a, b);
            case "in":
                _next++;
                return IsIn;
            case "not":
                _next++;
                Expect("in");
                return (a, b) => !IsIn(a, b);
            case "is":
                _next++;
                bool negated = Accept("not");
                return (a, b) => (a is null && b is null) != negated;
            default:
                return null;
        }
    }

    private Expression Sum()
    {
        Expression left = Product();
        while (Current is "+" or "-")
        {
            left = Binary(left, _tokens[_next++], Product());
        }

        return left;
    }

    private Expression Product()
    {
        Expression left = Signed();
        while (Current is "*" or "/" or "//" or "%")
        {
            left = Binary(left, _tokens[_next++], Signed());
        }

        return left;
    }

    private Expression Signed()
    {
        if (!Accept("-"))
        {
            return Power();
        }

        Expression inner = Signed();
        return scope => Operate("-", 0L, inner(scope));
    }

    private Expression Power()
    {
        Expression left = Postfix();
        return Accept("**") ? Binary(left, "**", Signed()) : left;
    }

    private Expression Postfix()
    {
        Expression value = Atom();
        while (true)
        {
            Expression inner = value;
            if (Accept("["))
            {
                if (Accept(":"))
                {
                    Expression end = Conditional();
                    Expect("]");
                    value = scope => List(inner(scope)) is var list ? list[..(int)Math.Clamp(Integer(end(scope)), 0, list.Length)] : default;
                    continue;
                }

                Expression key = Conditional();
                Expect("]");
                value = scope => Item(inner(scope), key(scope));
            }
            else if (Accept("."))
            {
                string name = Name();
                if (name == "get" && Accept("("))
                {
                    ImmutableArray<Expression> arguments = Items(")");
                    value = scope => PythonFunctions.Get(inner(scope), Values(arguments, scope));
                    continue;
                }

                // Objects of the config stand for Python objects whose fields have defaults.
                value = scope => PythonFunctions.Get(inner(scope), [name]);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression Atom()
    {
        string token = Current;
        _next++;
        switch (token)
        {
            case "(":
                return Parenthesis();
            case "[":
                return ListOf();
            case "{":
                return ObjectOf();
            case "None":
                return _ => null;
            case "True":
                return _ => true;
            case "False":
                return _ => false;
            case "inf":
                return _ => double.PositiveInfinity;
        }

        if (token.StartsWith('\''))
        {
            return _ => token[1..];
        }

        if (token.Length > 0 && char.IsAsciiDigit(token[0]))
        {
            object number = token.Contains('.', StringComparison.Ordinal) || token.Contains('e', StringComparison.Ordinal)
                ? (object)double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture)
                : long.Parse(token, NumberStyles.None, CultureInfo.InvariantCulture);
            return _ => number;
        }

        _next--;
        string name = Name();
        if (!Accept("("))
        {
            return scope => scope[name];
        }

        if (name == "isinstance")
        {
            Expression value = Conditional();
            Expect(",");
            Expect("list");
            Expect(")");
            return scope => value(scope) is ImmutableArray<object?>;
        }

        ImmutableArray<Expression> given = Items(")");
        return scope => PythonFunctions.Call(name, Values(given, scope), scope);
    }

    private Expression Parenthesis()
    {
        Expression first = Conditional();
        if (!Accept(","))
        {
            Expect(")");
            return first;
        }

        ImmutableArray<Expression> rest = Items(")");
        return scope => rest.Select(item => item(scope)).Prepend(first(scope)).ToImmutableArray();
    }

    private Expression ListOf()
    {
        if (Accept("]"))
        {
            return _ => ImmutableArray<object?>.Empty;
        }

        Expression first = Conditional();
        if (Loop() is { } loop)
        {
            Expect("]");
            return scope => loop(scope).Select(inner => first(inner)).ToImmutableArray();
        }

        ImmutableArray<Expression> rest = Accept(",") ? Items("]") : End("]");
        return scope => rest.Select(item => item(scope)).Prepend(first(scope)).ToImmutableArray();
    }

    private Expression ObjectOf()
    {
        List<(Expression Key, Expression Value)> members = [];
        while (!Accept("}"))
        {
            Expression key = Conditional();
            Expect(":");
            Expression value = Conditional();
            if (Loop() is { } loop)
            {
                Expect("}");
                return scope => loop(scope).Aggregate(Empty, (all, inner) => all.SetItem(Key(key(inner)), value(inner)));
            }

            members.Add((key, value));
            if (Current != "}")
            {
                Expect(",");
            }
        }

        return scope => members.Aggregate(Empty, (all, member) => all.SetItem(Key(member.Key(scope)), member.Value(scope)));
    }

    // for a in list, for a, b in pairs, each with an optional condition: the scopes in which the element is evaluated.
    private Func<Scope, IEnumerable<Scope>>? Loop()
    {
        if (!Accept("for"))
        {
            return null;
        }

        List<string> names = [Name()];
        while (Accept(","))
        {
            names.Add(Name());
        }

        Expect("in");
        Expression list = Or();
        Expression? condition = Accept("if") ? Or() : null;
        return scope => List(list(scope))
            .Select(
                item => names.Count == 1 ? scope.With(names[0], item) : names.Select((name, index) => (name, index))
                    .Aggregate(scope, (inner, part) => inner.With(part.name, Item(item, (long)part.index))))
            .Where(inner => condition is null || IsTrue(condition(inner)));
    }

    private ImmutableArray<Expression> Items(string end)
    {
        ImmutableArray<Expression>.Builder items = ImmutableArray.CreateBuilder<Expression>();
        while (!Accept(end))
        {
            items.Add(Conditional());
            if (Current != end)
            {
                Expect(",");
            }
        }

        return items.ToImmutable();
    }

    private ImmutableArray<Expression> End(string end)
    {
        Expect(end);
        return [];
    }

    private string Name()
    {
        string token = Current;
        if (token.Length == 0 || !(char.IsAsciiLetter(token[0]) || token[0] == '_'))
        {
            throw Unexpected();
        }

        _next++;
        return token;
    }

    private bool Accept(string token)
    {
        bool found = Current == token;
        _next += found ? 1 : 0;
        return found;
    }

    private void Expect(string token)
    {
        if (!Accept(token))
        {
            throw Unexpected();
        }
    }

    private readonly ExpressionException Unexpected() => new($"'{Current}' is not expected in {_text}");

    private static string Key(object? key) => key as string ?? throw new ExpressionException($"{Describe(key)} is no name");

    private static ImmutableArray<object?> Values(ImmutableArray<Expression> expressions, Scope scope) =>
        [.. expressions.Select(expression => expression(scope))];

    private static Expression Binary(Expression left, string sign, Expression right) => scope => Operate(sign, left(scope), right(scope));
}
