using System.Collections.Immutable;
using Transfuse.Apply.Models.Expressions;

namespace Transfuse.Apply.Tests.Models.Expressions;

/// <summary>Expressions mean what they mean in Python.</summary>
public class ExpressionTests
{
    [Theory]
    [InlineData("2 + 3 * 4", 14L)]
    [InlineData("7 // 2", 3L)]
    [InlineData("-7 // 2", -4L)]
    [InlineData("-7 % 3", 2L)]
    [InlineData("7 / 2", 3.5)]
    [InlineData("2 ** 3 ** 2", 512L)]
    [InlineData("4 ** -0.5", 0.5)]
    [InlineData("-2 ** 2", -4L)]
    [InlineData("1 if n > 3 else 2", 1L)]
    [InlineData("none or 5", 5L)]
    [InlineData("n and 0", 0L)]
    [InlineData("not n", false)]
    [InlineData("none is None", true)]
    [InlineData("n is not None", true)]
    [InlineData("10 - n > 3 > 2", true)]
    [InlineData("10 - n > 3 > 4", false)]
    [InlineData("'a' in names", true)]
    [InlineData("'c' not in names", true)]
    [InlineData("len(names)", 2L)]
    [InlineData("names[1]", "b")]
    [InlineData("names[-1]", "b")]
    [InlineData("(names * 3)[3]", "b")]
    [InlineData("len((names + names)[:3])", 3L)]
    [InlineData("[i for i, t in enumerate(names) if t == 'b'][0]", 1L)]
    [InlineData("[int((i + 1) % 4 != 0) for i in range(4)][3]", 0L)]
    [InlineData("{t: {} for t in names}.get('z', 8)", 8L)]
    [InlineData("settings.get('rope_theta', 1e4)", 5000.0)]
    [InlineData("settings.missing is None", true)]
    [InlineData("settings['rope_theta']", 5000.0)]
    [InlineData("isinstance(names, list)", true)]
    [InlineData("round(2.5)", 2L)]
    [InlineData("ceil(7 / 2)", 4L)]
    [InlineData("make_divisible(100, 48)", 96L)]
    [InlineData("round_up_256(257)", 512L)]
    [InlineData("mla_mscale(none)", 1.0)]
    public void Has_the_value_that_Python_gives(string text, object expected) => Assert.Equal(expected, ExpressionParser.Parse(text)(Names()));

    [Theory]
    [InlineData("unknown")]
    [InlineData("1 // 0")]
    [InlineData("names[2]")]
    [InlineData("names * 100000")]
    [InlineData("range(1000000000)")]
    [InlineData("9223372036854775807 + 1")]
    [InlineData("names + 1")]
    [InlineData("int(1e300)")]
    [InlineData("settings['missing']")]
    [InlineData("open('/etc/passwd')")]
    [InlineData("names.append(1)")]
    public void Refuses_what_has_no_value_and_what_would_grow_without_end(string text) =>
        Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(text)(Names()));

    private static Scope Names()
    {
        ImmutableDictionary<string, object?> values = ImmutableDictionary<string, object?>.Empty
            .Add("n", 5L).Add("none", null).Add("names", ImmutableArray.Create<object?>("a", "b"))
            .Add("settings", ImmutableDictionary<string, object?>.Empty.Add("rope_theta", 5000.0));
        return new Scope(values.ContainsKey, (name, _) => values[name]);
    }
}
