using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftVersionTests
{
    [Theory]
    [InlineData("0.20.0", 0, 20, 0, "")]
    [InlineData("0.20.1.dev0@abc", 0, 20, 1, ".dev0")]
    [InlineData("0.21.0@UNKNOWN", 0, 21, 0, "")]
    [InlineData("0.18.0rc1", 0, 18, 0, "rc1")]
    [InlineData("0.18", 0, 18, 0, "")]
    [InlineData("1.2.3.4", 1, 2, 3, ".4")]
    [InlineData("0.19.2.dev0+local.1", 0, 19, 2, ".dev0+local.1")]
    public void Reads_versions(string text, int major, int minor, int patch, string suffix)
    {
        Assert.True(PeftVersion.TryParse(text, out PeftVersion? version));
        Assert.Equal((major, minor, patch, suffix), (version.Major, version.Minor, version.Patch, version.Suffix));
        Assert.Equal(text, version.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("v0.18.0")]
    [InlineData("latest")]
    [InlineData("0.x")]
    [InlineData(".18.0")]
    [InlineData("0..1")]
    [InlineData("0.18.0 beta")]
    [InlineData("99999999999.0.0")]
    [InlineData("-1.0.0")]
    public void Refuses_what_is_no_version(string text) => Assert.False(PeftVersion.TryParse(text, out _));

    [Theory]
    [InlineData("0.18.0", true, true)]
    [InlineData("0.17.9", false, false)]
    [InlineData("0.18.1.dev0", true, true)]
    [InlineData("1.0.0", true, true)]
    [InlineData("0.9.0", false, false)]
    public void Compares_numbers(string text, bool atLeast18, bool atLeast180)
    {
        Assert.True(PeftVersion.TryParse(text, out PeftVersion? version));
        Assert.Equal((atLeast18, atLeast180), (version.IsAtLeast(0, 18), version.IsAtLeast(0, 18, 0)));
    }
}
