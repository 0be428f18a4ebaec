namespace Transfuse.Metadata.Matching;

/// <summary>A pattern in .NET's syntax and what its use depends on.</summary>
/// <param name="Text">The pattern; every group is <c>(?&lt;n&gt;...)</c> with Python's number.</param>
/// <param name="IsLinear">Whether it can and should run without backtracking.</param>
/// <param name="Size">Number of states that a machine without backtracking needs, roughly.</param>
/// <param name="GroupsAgree">Whether groups take what they take in Python; groups inside of repetitions of what may be empty do not always.</param>
/// <param name="NeedsAscii">Whether it agrees with Python only on ASCII texts.</param>
/// <param name="NeedsText">Whether it agrees with Python only on texts that are not empty.</param>
/// <param name="Names">Numbers of the named groups.</param>
internal sealed record TranslatedRegex(
    string Text, bool IsLinear, long Size, bool GroupsAgree, bool NeedsAscii, bool NeedsText, IReadOnlyDictionary<string, int> Names);
