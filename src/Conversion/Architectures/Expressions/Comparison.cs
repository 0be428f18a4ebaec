namespace Transfuse.Conversion.Architectures.Expressions;

/// <summary>How a field is compared.</summary>
internal enum Comparison
{
    Equal,
    Greater,
    AtLeast,
    Present,
}
