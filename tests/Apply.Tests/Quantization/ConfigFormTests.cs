using Transfuse.Apply.Quantization;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Tests.Quantization;

/// <summary>The block <c>quantization</c> of a config, with entries for single modules.</summary>
public class ConfigFormTests
{
    private static readonly MlxQuantization Block = new BaseConfig(PythonJson.ParseObject(
        """
        {"quantization": {"group_size": 32, "bits": 4, "mode": "mxfp4", "a": {"group_size": 64, "bits": 8}, "b": false, "c": true,
                          "d": {"mode": "nvfp4"}, "e": {"bits": 3}, "f": {"mode": "mxfp8"}}}
        """u8.ToArray(), "config.json")).Quantization!;

    [Theory]
    [InlineData("elsewhere", "mxfp4")]
    [InlineData("a", "8 bits in groups of 64")]
    [InlineData("c", "mxfp4")]
    [InlineData("d", "nvfp4")]
    [InlineData("e", "3 bits in groups of 64")]
    [InlineData("f", "mxfp8")]
    public void A_module_has_its_own_form_or_that_of_all(string module, string form) =>
        Assert.Equal(form, QuantizationForm.TryCreate(Block.For(module)!)!.ToString());

    [Fact]
    public void False_is_no_form() => Assert.Null(Block.For("b"));
}
