using System.Diagnostics;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Tests.Matching;

public class PythonRegexTests
{
    /// <summary>
    /// python-re.json: what <c>re.match</c> and <c>re.fullmatch</c> of CPython 3.11.7 gave, all groups included, for patterns written by hand and at random.
    /// </summary>
    [Fact]
    public void Agrees_with_recorded_Python()
    {
        int refused = 0;
        int unsupported = 0;
        int matches = 0;
        int groups = 0;
        foreach (JsonObject entry in ((JsonArray)Fixtures.Json("Metadata.Tests", "Matching", "python-re.json")).Items.Cast<JsonObject>())
        {
            string pattern = ((JsonString)entry["pattern"]!).Value;
            if (entry.Contains("refused"))
            {
                PythonRegexException exception = Assert.Throws<PythonRegexException>(() => Compile(pattern));
                Assert.NotEqual(PythonRegexCause.Timeout, exception.Cause);
                refused += exception.Cause == PythonRegexCause.Syntax ? 1 : 0;
                continue;
            }

            if (!TryCompile(pattern, out PythonRegex regex))
            {
                unsupported++;
                continue;
            }

            foreach (JsonArray item in ((JsonArray)entry["cases"]!).Items.Cast<JsonArray>())
            {
                string text = ((JsonString)item.Items[0]).Value;
                string subject = $"{pattern} on {text}";
                try
                {
                    Assert.True(item.Items[1] is JsonArray == regex.IsMatchAtStart(text), "match: " + subject);
                    Assert.True(item.Items[2] is JsonArray == regex.IsFullMatch(text), "fullmatch: " + subject);
                    matches++;
                    AssertGroups(item.Items[1], regex.MatchAtStart(text), "match: " + subject);
                    AssertGroups(item.Items[2], regex.FullMatch(text), "fullmatch: " + subject);
                    groups++;
                }
                catch (PythonRegexException exception)
                {
                    Assert.Equal(PythonRegexCause.Unsupported, exception.Cause);
                }
            }
        }

        Assert.Equal((86, 23, 705, 693), (refused, unsupported, matches, groups));
    }

    [Theory]
    [InlineData(@"\N{EM DASH}")]
    [InlineData(@"[\N{EM DASH}]")]
    [InlineData(@"\U0001F600")]
    [InlineData(@"\ud800")]
    [InlineData("\U0001F600")]
    [InlineData("(?i)\u017F")]
    [InlineData("(?i)[a-\uFFFF]")]
    [InlineData("(?P<\u00e9>a)")]
    [InlineData("a{100001}")]
    [InlineData("(a*)+?")]
    [InlineData("(?=a)(a*)*")]
    public void Refuses_by_name_what_it_cannot_translate(string pattern)
    {
        PythonRegexException exception = Assert.Throws<PythonRegexException>(() => Compile(pattern));
        Assert.Equal((PythonRegexCause.Unsupported, pattern), (exception.Cause, exception.Pattern));
        Assert.Contains(pattern, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(?i)k", "\u212A")]
    [InlineData(@"(?i)(a)\1", "a\u00e9")]
    [InlineData(@"\bk", "\u0301k")]
    [InlineData(@"\B", "")]
    [InlineData("a.", "a\U0001F600")]
    public void Refuses_texts_on_which_it_could_disagree_with_Python(string pattern, string text)
    {
        PythonRegex regex = Compile(pattern);
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => regex.IsFullMatch(text)).Cause);
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => regex.MatchAtStart(text)).Cause);
    }

    [Fact]
    public void Refuses_groups_that_may_differ_but_still_tells_whether_there_is_a_match()
    {
        PythonRegex regex = Compile("(|a)*b");
        Assert.True(regex.IsFullMatch("aab"));
        Assert.Null(regex.FullMatch("aa"));
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => regex.FullMatch("aab")).Cause);
    }

    [Fact]
    public void Numbers_named_and_unnamed_groups_together()
    {
        PythonRegexMatch match = Compile(@"(\w+)\.(?P<layer>\d+)\.(x)?(?P<leaf>\w+)").FullMatch("layers.12.q_proj")!;
        Assert.Equal(["layers.12.q_proj", "layers", "12", null, "q_proj", null], Enumerable.Range(0, 6).Select(match.Group));
        Assert.Equal(("12", "q_proj", null), (match.Group("layer"), match.Group("leaf"), match.Group("other")));
        Assert.Equal("layers.12.q_proj", match.Value);
    }

    [Theory]
    [InlineData("(a+)+$", true)]
    [InlineData("(a|a)*b", true)]
    [InlineData("(.*)*x", true)]
    [InlineData("(?:a?){100}a{100}.", true)]
    [InlineData(@"(a+)+\1b", false)]
    [InlineData("(?=a)(?:a+)+b", false)]
    [InlineData("(?>(a+)+)b", false)]
    public void Catastrophic_patterns_end_in_time(string pattern, bool linear)
    {
        var watch = Stopwatch.StartNew();
        PythonRegex regex = PythonRegex.Compile(pattern, new RegexBudget(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10)));
        Assert.Equal(linear, regex.IsLinear);
        try
        {
            Assert.False(regex.IsFullMatch(new string('a', 10_000) + "!"));
        }
        catch (PythonRegexException exception)
        {
            Assert.False(linear);
            Assert.Equal(PythonRegexCause.Timeout, exception.Cause);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }

    [Fact]
    public void One_budget_holds_for_all_patterns_of_an_adapter()
    {
        var budget = new RegexBudget(TimeSpan.FromMilliseconds(100));
        string text = new string('a', 10_000) + "!";
        PythonRegex slow = PythonRegex.Compile(@"(a+)+\1b", budget);
        while (budget.Remaining(linear: false) > TimeSpan.Zero)
        {
            PythonRegexException exception = Assert.Throws<PythonRegexException>(() => slow.IsFullMatch(text));
            Assert.Equal((PythonRegexCause.Timeout, slow.Pattern), (exception.Cause, exception.Pattern));
        }

        PythonRegex fast = PythonRegex.Compile("(?=b)b", budget);
        Assert.Equal(PythonRegexCause.Timeout, Assert.Throws<PythonRegexException>(() => fast.IsFullMatch("b")).Cause);
        Assert.True(PythonRegex.Compile("b", budget).IsFullMatch("b"), "Patterns that run in linear time have their own time.");
    }

    [Fact]
    public void Building_counts_against_the_budget_and_is_done_once()
    {
        var budget = new RegexBudget(linear: TimeSpan.FromMilliseconds(20));
        Assert.Same(PythonRegex.Compile("a|b", budget), PythonRegex.Compile("a|b", budget));
        PythonRegexException exception = Assert.Throws<PythonRegexException>(() =>
        {
            for (int index = 0; index < 100_000; index++)
            {
                PythonRegex.Compile($"(a|{index})+", budget).IsFullMatch("b");
            }
        });
        Assert.Equal(PythonRegexCause.Timeout, exception.Cause);
    }

    [Fact]
    public void Refuses_hostile_lengths_and_depths()
    {
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => Compile(new string('a', 65_537))).Cause);
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => Compile(new string('(', 60_000))).Cause);
        Assert.Equal(PythonRegexCause.Unsupported, Assert.Throws<PythonRegexException>(() => Compile("a").IsFullMatch(new string('a', 16_385))).Cause);
        Assert.False(Compile("a").IsFullMatch(new string('a', 16_384)));
        Assert.True(Compile(string.Concat(Enumerable.Repeat("a?", 30_000))).IsFullMatch("aaa"));
        Assert.True(Compile(string.Join('|', Enumerable.Range(0, 3000).Select(layer => $@"layers\.{layer}\.q_proj"))).IsFullMatch("layers.2999.q_proj"));
        Assert.True(Assert.Throws<PythonRegexException>(() => Compile(new string('[', 1000))).Message.Length < 400);
    }

    [Fact]
    public void Machines_without_backtracking_are_accepted_up_to_the_largest_size()
    {
        foreach (string piece in (string[])["a", "a?", @"\w*", @"[^\W\d]+", "(a|b)", "(?:ab){1,3}", "(?i:k)", "(?m:^)a", @"\bx", "()a"])
        {
            foreach (int count in (int[])[250, 374, 499, 749, 1499])
            {
                PythonRegex regex = Compile(string.Concat(Enumerable.Repeat(piece, count)));
                regex.IsFullMatch("a");
            }
        }
    }

    [Theory]
    [InlineData("model.layers.0", @"model\.layers\.0")]
    [InlineData("a-b_c1", "a-b_c1")]
    [InlineData("a+b(c)[d]{e}^$|?*\\ #\n\u00e9", "a\\+b\\(c\\)\\[d\\]\\{e\\}\\^\\$\\|\\?\\*\\\\\\ \\#\\\n\u00e9")]
    public void Escaped_texts_match_themselves_only(string text, string pattern)
    {
        Assert.Equal(pattern, PythonRegex.Escape(text));
        Assert.True(Compile(pattern).IsFullMatch(text));
        Assert.False(Compile(pattern).IsFullMatch(text + text));
        Assert.False(Compile(pattern).IsFullMatch(text.Replace('.', 'x').Replace('a', 'b')));
    }

    [Fact]
    public void Random_patterns_end_in_an_expression_or_in_its_own_exception()
    {
        const string Characters = "ab.()[]{}?*+|^$\\-,:=!<>P#ix12\n\u00e9";
        var random = new Random(7);
        var budget = new RegexBudget(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
        int compiled = 0;
        for (int round = 0; round < 1500; round++)
        {
            string pattern = new([.. Enumerable.Range(0, random.Next(1, 14)).Select(_ => Characters[random.Next(Characters.Length)])]);
            try
            {
                PythonRegex regex = PythonRegex.Compile(pattern, budget);
                compiled++;
                regex.IsFullMatch("ab.1");
            }
            catch (PythonRegexException)
            {
            }
        }

        Assert.InRange(compiled, 100, 1400);
    }

    [Theory]
    [InlineData("(", "TF3201")]
    [InlineData(@"\N{DASH}", "TF3202")]
    public void Becomes_a_finding_that_names_field_and_pattern(string pattern, string code)
    {
        Finding finding = Assert.Throws<PythonRegexException>(() => Compile(pattern)).ToFinding("adapter_config.json:target_modules");
        Assert.Equal(code, finding.Code.Id);
        Assert.StartsWith($"error {code} adapter_config.json:target_modules: the pattern \"{pattern}\" ", finding.ToString(), StringComparison.Ordinal);
    }

    private static PythonRegex Compile(string pattern) => PythonRegex.Compile(pattern, new RegexBudget(TimeSpan.FromSeconds(10)));

    private static bool TryCompile(string pattern, out PythonRegex regex)
    {
        try
        {
            regex = Compile(pattern);
            return true;
        }
        catch (PythonRegexException exception)
        {
            Assert.Equal(PythonRegexCause.Unsupported, exception.Cause);
            regex = null!;
            return false;
        }
    }

    private static void AssertGroups(JsonValue expected, PythonRegexMatch? match, string subject)
    {
        Assert.True(expected is JsonArray == match is not null, subject);
        if (expected is JsonArray groups)
        {
            for (int number = 0; number < groups.Items.Length; number++)
            {
                Assert.True((groups.Items[number] as JsonString)?.Value == match!.Group(number), $"group {number} of {subject}");
            }
        }
    }
}
