namespace Transfuse.Conversion.Architectures.Expressions;

/// <summary>The operations of the table's expressions.</summary>
internal enum Operator
{
    Add,
    Subtract,
    Multiply,
    Divide,
}
