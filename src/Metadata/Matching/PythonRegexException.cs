using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Matching;

/// <summary>A Python pattern cannot be used.</summary>
internal sealed class PythonRegexException : Exception
{
    private const int ShownLength = 120;

    internal PythonRegexException(PythonRegexCause cause, string pattern, string message, Exception? inner = null)
        : base($"the pattern \"{(pattern.Length <= ShownLength ? pattern : pattern[..ShownLength] + "...")}\" {message}", inner)
    {
        Cause = cause;
        Pattern = pattern;
    }

    /// <summary>Why it cannot be used.</summary>
    public PythonRegexCause Cause { get; }

    /// <summary>The whole pattern.</summary>
    public string Pattern { get; }

    /// <summary>The finding that says so.</summary>
    /// <param name="subject">The field that holds the pattern, such as <c>adapter_config.json:target_modules</c>.</param>
    public Finding ToFinding(string subject)
    {
        FindingCode code = Cause switch
        {
            PythonRegexCause.Syntax => ConfigCodes.PatternSyntax,
            PythonRegexCause.Timeout => ConfigCodes.PatternTimeout,
            _ => ConfigCodes.PatternUnsupported,
        };
        return code.At(subject, Message);
    }
}
