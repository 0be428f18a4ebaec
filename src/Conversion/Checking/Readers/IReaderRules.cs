namespace Transfuse.Conversion.Checking.Readers;

/// <summary>What one program accepts, and what it gets wrong without a word.</summary>
internal interface IReaderRules
{
    /// <summary>Reports everything that keeps the folder from loading as intended.</summary>
    void Check(CheckContext context);
}
