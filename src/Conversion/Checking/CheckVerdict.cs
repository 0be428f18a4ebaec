namespace Transfuse.Conversion.Checking;

/// <summary>What a reader makes of an adapter folder.</summary>
/// <seealso cref="Transfuse.Conversion.Checking.AdapterChecker" />
public enum CheckVerdict
{
    /// <summary>It loads, and does what the adapter means.</summary>
    Loads,

    /// <summary>A file of the folder is beyond docs/limits.md, so that nothing is known of it.</summary>
    NotJudged,

    /// <summary>It loads without a word, and does something else.</summary>
    LoadsWrongly,

    /// <summary>It does not load.</summary>
    Fails,
}
