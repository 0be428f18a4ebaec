namespace Transfuse.Metadata.Matching;

/// <summary>Flags of Python's <c>re</c> that patterns can set for themselves.</summary>
[Flags]
internal enum PythonRegexFlags
{
    None = 0,
    Ascii = 1,
    IgnoreCase = 2,
    Multiline = 4,
    DotAll = 8,
    Verbose = 16,
    Unicode = 32,
}
