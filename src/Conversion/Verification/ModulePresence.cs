namespace Transfuse.Conversion.Verification;

/// <summary>Which of two adapters has a module.</summary>
/// <seealso cref="Transfuse.Conversion.Verification.AdapterComparer" />
public enum ModulePresence
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>Only the first.</summary>
    OnlyFirst,

    /// <summary>Only the second.</summary>
    OnlySecond,
}
