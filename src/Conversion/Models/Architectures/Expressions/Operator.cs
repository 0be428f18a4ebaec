namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>The operations of the table's expressions.</summary>
internal enum Operator
{
    Add,
    Subtract,
    Multiply,
    Divide,
}
