using Transfuse.Conversion.Sources.Hub;

namespace Transfuse.Conversion.Tests.Sources.Hub;

public class HubIdTests
{
    [Theory]
    [InlineData("hf:owner/name", "owner/name", "main", "", "name")]
    [InlineData("hf://owner/name/", "owner/name", "main", "", "name")]
    [InlineData("hf:owner/name@v1.0", "owner/name", "v1.0", "", "name")]
    [InlineData("hf:owner/name@v1.0/style/best", "owner/name", "v1.0", "style/best", "best")]
    [InlineData("hf:owner/name/style", "owner/name", "main", "style", "style")]
    [InlineData("hf:owner/name@refs/pr/3/style", "owner/name", "refs/pr/3", "style", "style")]
    [InlineData("hf:owner/name@feature%2Fx", "owner/name", "feature/x", "", "name")]
    [InlineData("https://huggingface.co/owner/name/tree/main/style", "owner/name", "main", "style", "style")]
    public void Reads(string text, string repository, string revision, string folder, string name)
    {
        HubId id = HubId.Parse(text)!;
        Assert.Equal((repository, revision, folder, name), (id.Repository, id.Revision, id.Folder, id.Name));
    }

    [Theory]
    [InlineData("owner/name")]
    [InlineData("hf:name")]
    [InlineData("hf:owner/name/../other")]
    [InlineData("hf:owner/name@..%2F..%2Fetc")]
    [InlineData("hf:../name")]
    [InlineData("hf:owner/name@")]
    [InlineData("adapters/hf")]
    public void What_is_no_id_is_a_path(string text) => Assert.Null(HubId.Parse(text));

    [Theory]
    [InlineData("hf:owner/name")]
    [InlineData("hf:owner/name@refs%2Fpr%2F1/style")]
    public void Is_written_as_it_is_read(string text) => Assert.Equal(text, HubId.Parse(text)!.ToString());

    [Fact]
    public void Settings_are_those_of_huggingface_hub()
    {
        Dictionary<string, string> variables = new() { ["HF_HOME"] = "/data/hf", ["HF_TOKEN"] = " hf_x\n", ["HF_ENDPOINT"] = "https://mirror.example/hf/", ["HF_HUB_OFFLINE"] = "yes", ["HF_HUB_DOWNLOAD_TIMEOUT"] = "30" };
        HubSettings settings = HubSettings.FromEnvironment(variables.GetValueOrDefault);
        Assert.Equal(("/data/hf/hub", "hf_x", "https://mirror.example/hf/", true, 30), (settings.Cache, settings.Token, settings.Endpoint.AbsoluteUri, settings.IsOffline, settings.Patience.TotalSeconds));
        variables["HF_HUB_CACHE"] = "/elsewhere";
        variables["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
        settings = HubSettings.FromEnvironment(variables.GetValueOrDefault);
        Assert.Equal(("/elsewhere", null), (settings.Cache, settings.Token));
        Assert.Throws<HubException>(() => HubSettings.FromEnvironment(new Dictionary<string, string> { ["HF_ENDPOINT"] = "ftp://x" }.GetValueOrDefault));
    }
}
