namespace Transfuse.Apply.Models.Expressions;

/// <summary>What the names of an expression stand for.</summary>
internal sealed class Scope
{
    private readonly Scope? _outer;
    private readonly Func<string, Scope, object?>? _values;
    private readonly Func<string, bool>? _has;
    private readonly string? _name;
    private readonly object? _value;

    /// <summary>A scope of many names, whose values may depend on the scope in which they are asked for.</summary>
    public Scope(Func<string, bool> has, Func<string, Scope, object?> values, Scope? outer = null) => (_has, _values, _outer) = (has, values, outer);

    private Scope(Scope outer, string name, object? value) => (_outer, _name, _value) = (outer, name, value);

    /// <summary>The same scope with one more name, which hides an equal one.</summary>
    public Scope With(string name, object? value) => new(this, name, value);

    /// <summary>The value of a name.</summary>
    /// <exception cref="ExpressionException">There is no such name.</exception>
    public object? this[string name]
    {
        get
        {
            for (Scope? scope = this; scope is not null; scope = scope._outer)
            {
                if (scope._name == name)
                {
                    return scope._value;
                }

                if (scope._has?.Invoke(name) == true)
                {
                    return scope._values!(name, this);
                }
            }

            throw new ExpressionException($"'{name}' is not known");
        }
    }
}
