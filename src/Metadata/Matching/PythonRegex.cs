using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Transfuse.Metadata.Matching;

/// <summary>
/// A regular expression of Python's <c>re</c> (string patterns, Python 3.11 to 3.14), translated to .NET and run within a budget of time.
/// It gives what Python gives or refuses. Whether there is a match is found in linear time where the pattern allows that, else by backtracking
/// (a short try at backtracking comes first, whose machine is built much faster and is much smaller);
/// what its groups took always by backtracking, because .NET's linear machine prefers other matches than Python for lazy quantifiers (.NET 10).
/// </summary>
/// <remarks>
/// Refused as <see cref="PythonRegexCause.Unsupported"/>: <c>\N{name}</c>, characters beyond U+FFFF, case-insensitive matching of letters that are not ASCII,
/// patterns of more than <see cref="MaxPatternLength"/> characters, texts of more than <see cref="MaxTextLength"/>. Safe for concurrent use.
/// </remarks>
internal sealed class PythonRegex
{
    /// <summary>Longest pattern in characters.</summary>
    public const int MaxPatternLength = 1 << 16;

    // No sensible pattern takes a thousandth of this for one name.
    private static readonly TimeSpan Try = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest text in characters; names of modules have some dozens.</summary>
    public const int MaxTextLength = 1 << 14;

    private readonly TranslatedRegex _translated;
    private readonly RegexBudget _budget;
    private readonly ConcurrentDictionary<(bool Full, bool Linear), Regex> _expressions = new();
    private readonly ConcurrentDictionary<bool, Regex?> _tries = new();

    private PythonRegex(string pattern, TranslatedRegex translated, RegexBudget budget)
    {
        Pattern = pattern;
        _translated = translated;
        _budget = budget;
    }

    public string Pattern { get; }

    /// <summary>Whether <see cref="IsFullMatch"/> and <see cref="IsMatchAtStart"/> run in time linear to the text.</summary>
    public bool IsLinear => _translated.IsLinear;

    /// <summary>Translates a pattern, or gives what was made of it within the budget before.</summary>
    /// <param name="pattern">The pattern as Python has it.</param>
    /// <param name="budget">The time that all patterns of one adapter share.</param>
    /// <exception cref="PythonRegexException">Python refuses the pattern, it cannot be translated, or the time is used up.</exception>
    public static PythonRegex Compile(string pattern, RegexBudget budget)
    {
        if (pattern.Length > MaxPatternLength)
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, pattern, $"has {pattern.Length} characters; the limit is {MaxPatternLength}");
        }

        if (budget.Built.TryGetValue(pattern, out PythonRegex? built))
        {
            return built;
        }

        if (budget.Remaining(linear: true) <= TimeSpan.Zero)
        {
            throw OutOfTime(pattern, null);
        }

        TimeSpan start = RegexBudget.Now;
        try
        {
            return budget.Built.GetOrAdd(pattern, new PythonRegex(pattern, new PythonRegexTranslator(pattern).Translate(), budget));
        }
        finally
        {
            budget.Charge(linear: true, start);
        }
    }

    /// <summary>A text as a pattern that matches exactly it.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char unit in text)
        {
            if (unit < 0x80 && !char.IsAsciiLetterOrDigit(unit) && unit is not ('_' or '-'))
            {
                escaped.Append('\\');
            }

            escaped.Append(unit);
        }

        return escaped.ToString();
    }

    /// <summary>Whether <c>re.fullmatch</c> finds a match.</summary>
    /// <exception cref="PythonRegexException">The time is used up, or the text is beyond what the translation covers.</exception>
    public bool IsFullMatch(string text) => IsMatch(text, full: true);

    /// <summary>Whether <c>re.match</c> finds a match.</summary>
    /// <exception cref="PythonRegexException">The time is used up, or the text is beyond what the translation covers.</exception>
    public bool IsMatchAtStart(string text) => IsMatch(text, full: false);

    /// <summary>What <c>re.fullmatch</c> finds: a match of the whole text, or <see langword="null"/>.</summary>
    /// <exception cref="PythonRegexException">The time is used up, or the text is beyond what the translation covers.</exception>
    public PythonRegexMatch? FullMatch(string text) => Find(text, full: true);

    /// <summary>What <c>re.match</c> finds: a match at the start of the text, or <see langword="null"/>.</summary>
    /// <exception cref="PythonRegexException">The time is used up, or the text is beyond what the translation covers.</exception>
    public PythonRegexMatch? MatchAtStart(string text) => Find(text, full: false);

    private bool IsMatch(string text, bool full)
    {
        CheckText(text);
        return TryBacktracking(text, full) ?? Run(text, full, IsLinear, static (regex, input) => regex.IsMatch(input));
    }

    private PythonRegexMatch? Find(string text, bool full)
    {
        if (!IsMatch(text, full))
        {
            return null;
        }

        if (!_translated.GroupsAgree)
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, Pattern, "repeats what may be empty, so what its groups take is not certain");
        }

        Match match = Run(text, full, linear: false, static (regex, input) => regex.Match(input));
        return new PythonRegexMatch(match, _translated.Names);
    }

    // Whether there is a match, if that can be found at once; what repeats what may be empty .NET's backtracking machine gets wrong.
    private bool? TryBacktracking(string text, bool full)
    {
        if (!IsLinear || !_translated.GroupsAgree)
        {
            return null;
        }

        if (_budget.Remaining(linear: true) <= TimeSpan.Zero)
        {
            throw OutOfTime(Pattern, null);
        }

        TimeSpan start = RegexBudget.Now;
        try
        {
            return _tries.GetOrAdd(full, _ => Build(TextOf(full), linear: false, Try))?.IsMatch(text);
        }
        catch (Exception exception) when (
            exception is RegexMatchTimeoutException or IndexOutOfRangeException or OverflowException or InsufficientExecutionStackException)
        {
            _tries[full] = null;
            return null;
        }
        finally
        {
            _budget.Charge(linear: true, start);
        }
    }

    private T Run<T>(string text, bool full, bool linear, Func<Regex, string, T> match)
    {
        TimeSpan start = RegexBudget.Now;
        try
        {
            return match(Ready(full, linear), text);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw OutOfTime(Pattern, exception);
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or OverflowException or InsufficientExecutionStackException)
        {
            // The backtracking machine of .NET 10 fails so on some nonsensical patterns; those known are refused before.
            throw new PythonRegexException(PythonRegexCause.Unsupported, Pattern, "cannot be run: " + exception.Message, exception);
        }
        finally
        {
            _budget.Charge(linear, start);
        }
    }

    private void CheckText(string text)
    {
        string? problem = text.Length > MaxTextLength ? $"cannot be tried on a text of {text.Length} characters; the limit is {MaxTextLength}"
            : text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0 ? "cannot be tried on characters beyond U+FFFF"
            : _translated.NeedsAscii && !Ascii.IsValid(text) ? "can be tried on ASCII only, because it ignores case or looks for ends of words"
            : _translated.NeedsText && text.Length == 0 ? "cannot be tried on the empty text, because versions of Python differ there"
            : null;
        if (problem is not null)
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, Pattern, problem);
        }
    }

    /// <summary>
    /// The expression with a time limit near what is left: the limit is fixed when an expression is made, so it is made anew when time got short.
    /// </summary>
    private Regex Ready(bool full, bool linear)
    {
        TimeSpan remaining = _budget.Remaining(linear);
        if (remaining <= TimeSpan.Zero)
        {
            throw OutOfTime(Pattern, null);
        }

        if (_expressions.TryGetValue((full, linear), out Regex? regex) && regex.MatchTimeout <= remaining * 1.25)
        {
            return regex;
        }

        if (regex is null && linear && !_budget.TryAddMachine(_translated.Size))
        {
            throw new PythonRegexException(PythonRegexCause.Timeout, Pattern, "takes more memory than the patterns of one adapter have");
        }

        regex = Build(TextOf(full), linear, remaining);
        _expressions[(full, linear)] = regex;
        return regex;
    }

    private string TextOf(bool full) => full ? $@"\A(?:{_translated.Text})\z" : $@"\A(?:{_translated.Text})";

    private Regex Build(string text, bool linear, TimeSpan timeout)
    {
        RegexOptions options = RegexOptions.CultureInvariant | (linear ? RegexOptions.NonBacktracking : RegexOptions.None);
        try
        {
            return new Regex(text, options, timeout < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : timeout);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new PythonRegexException(PythonRegexCause.Unsupported, Pattern, "cannot be translated: " + exception.Message, exception);
        }
    }

    internal static PythonRegexException OutOfTime(string pattern, Exception? inner) =>
        new(PythonRegexCause.Timeout, pattern, "takes longer than the time that the patterns of one adapter have", inner);
}
