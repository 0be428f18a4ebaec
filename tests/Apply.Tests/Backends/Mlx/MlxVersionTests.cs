using Transfuse.Apply.Backends.Mlx;

namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>What a library exports tells its version; a call with an older signature would corrupt memory. Needs no library.</summary>
public class MlxVersionTests
{
    [Theory]
    [InlineData("mlx_array_free", "older than 0.2.0", false)]
    [InlineData("mlx_array_free mlx_version", "0.2.0", false)]
    [InlineData("mlx_array_free mlx_version mlx_segmented_mm", "0.3.0", false)]
    [InlineData("mlx_array_free mlx_version mlx_segmented_mm mlx_full_like", "0.4.0", false)]
    [InlineData("mlx_array_free mlx_version mlx_segmented_mm mlx_full_like mlx_qqmm", "0.4.1", false)]
    [InlineData("mlx_array_free mlx_version mlx_qqmm mlx_array_new_data_managed", "0.5.0", false)]
    [InlineData("mlx_array_free mlx_version mlx_array_new_data_managed mlx_bartlett", "0.6.0", true)]
    [InlineData("mlx_array_free mlx_version mlx_bartlett mlx_load_gguf", "0.6.0 or later", true)]
    public void Exports_tell_the_version(string exports, string version, bool isUsable)
    {
        Assert.Equal(version, MlxVersion.Of(exports.Split(' ').Contains));
        Assert.Equal(isUsable, MlxVersion.IsUsable(version));
    }

    [Fact]
    public void Another_library_is_none() => Assert.Null(MlxVersion.Of(name => name == "printf"));

    [Fact]
    public void A_file_that_is_named_is_the_only_one_tried()
    {
        string place = Assert.Single(MlxPlaces.All("/nowhere/libmlxc.so"));

        Assert.Equal("/nowhere/libmlxc.so", place);
        Assert.Equal("is not there", Assert.Single(MlxLibrary.Find("/nowhere/libmlxc.so").Attempts).Refusal);
        Assert.Null(MlxLibrary.Find("/nowhere/libmlxc.so").Library);
    }
}
