namespace Transfuse.Conversion.Verification;

/// <summary>Which of two adapters has a module.</summary>
public enum ModulePresence
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>Only the first.</summary>
    OnlyFirst,

    /// <summary>Only the second.</summary>
    OnlySecond,
}
