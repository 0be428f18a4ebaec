namespace Transfuse.Metadata.Matching;

/// <summary>Why a pattern cannot be used.</summary>
internal enum PythonRegexCause
{
    /// <summary>Python's <c>re</c> refuses the pattern too.</summary>
    Syntax,

    /// <summary>Python takes it, but it cannot be translated, or pattern or text are beyond the limits.</summary>
    Unsupported,

    /// <summary>Matching took longer than the budget allows.</summary>
    Timeout,
}
