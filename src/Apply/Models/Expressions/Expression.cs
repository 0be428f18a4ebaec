namespace Transfuse.Apply.Models.Expressions;

/// <summary>A parsed expression: gives a value of <see cref="PythonValue"/>'s kinds for a scope.</summary>
/// <exception cref="ExpressionException">It has no value there.</exception>
internal delegate object? Expression(Scope scope);
