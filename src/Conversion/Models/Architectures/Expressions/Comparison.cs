namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>How a field is compared.</summary>
internal enum Comparison
{
    Equal,
    Greater,
    AtLeast,
    Present,
}
