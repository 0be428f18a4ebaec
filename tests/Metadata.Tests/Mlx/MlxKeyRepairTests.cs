using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxKeyRepairTests
{
    private static readonly string[] LastTwo = ["m.layers.1.q", "m.layers.1.v", "m.layers.2.q", "m.layers.2.v"];
    private static readonly string[] FirstTwo = ["m.layers.0.q", "m.layers.1.q"];

    [Theory]
    [InlineData("q v", 2, "", "", "")]
    [InlineData("q", 2, "m.layers.1.v m.layers.2.v", "", "")]
    [InlineData("q v k", 2, "", "", "k")]
    [InlineData("q v", 1, "m.layers.1.q m.layers.1.v", "", "")]
    [InlineData("q v", 0, "", "", "")]
    [InlineData("q v", -1, "", "", "")]
    [InlineData("q v m.layers.1.q", 2, "", "m.layers.1.q", "")]
    [InlineData("m.layers.1.q m.layers.1.v m.layers.2.q m.layers.2.v", 1, "", "", "")]
    [InlineData("proj", 2, "m.layers.1.q m.layers.1.v m.layers.2.q m.layers.2.v", "", "proj")]
    public void Follows_relative_keys_in_the_last_layers_and_full_paths_anywhere(string keys, long numLayers, string unreached, string doubled, string idle)
    {
        MlxKeyUse reach = MlxKeyUse.Follow(Split(keys), numLayers, Paths(LastTwo), null);
        Assert.Equal(Split(unreached), reach.Unreached.Select(path => path.Text));
        Assert.Equal(Split(doubled), reach.Doubled.Select(path => path.Text));
        Assert.Equal(Split(idle), reach.Idle);
        Assert.Equal(unreached.Length + doubled.Length == 0, reach.IsComplete);
    }

    [Fact]
    public void A_base_moves_the_last_layers()
    {
        Assert.True(MlxKeyUse.Follow(["q"], 2, Paths(FirstTwo), null).IsComplete);
        Assert.Equal(["m.layers.0.q"], MlxKeyUse.Follow(["q"], 2, Paths(FirstTwo), 3).Unreached.Select(path => path.Text));
        Assert.True(MlxKeyUse.Follow(["q"], 3, Paths(FirstTwo), 3).IsComplete);
    }

    [Fact]
    public void What_is_right_stays() => Check(Choose("2", "q v", null, LastTwo), 2, "q v", false, false);

    [Fact]
    public void A_number_above_the_layers_stays() => Check(Choose("16", "q v", 3, LastTwo), 16, "q v", false, false);

    [Fact]
    public void A_number_that_leaves_out_layers_becomes_all() => Check(Choose("1", "q v", null, LastTwo), 1024, "q v", true, false);

    [Fact]
    public void With_a_base_all_is_its_number() => Check(Choose("1", "q v", 3, LastTwo), 3, "q v", true, false);

    [Fact]
    public void Early_layers_are_seen_with_a_base_only()
    {
        Check(Choose("2", "q", null, FirstTwo), 2, "q", false, false);
        Assert.False(Choose("2", "q", null, FirstTwo).IsConfirmed);
        Check(Choose("2", "q", 3, FirstTwo), 3, "q", true, false);
        Assert.True(Choose("2", "q", 3, FirstTwo).IsConfirmed);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("NaN")]
    [InlineData("2.5")]
    public void What_is_no_positive_integer_becomes_all(string number) => Check(Choose(number, "q v", null, LastTwo), 1024, "q v", true, false);

    [Theory]
    [InlineData("2.0")]
    [InlineData("\"2\"")]
    public void An_integer_in_another_form_keeps_its_value(string number) => Check(Choose(number, "q v", null, LastTwo), 2, "q v", false, false);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("q")]
    [InlineData("q v m.layers.1.q")]
    [InlineData("proj")]
    public void Keys_that_miss_modules_are_made_of_the_names(string? keys) => Check(Choose("2", keys, null, LastTwo), 2, "q v", false, true);

    [Fact]
    public void Keys_of_other_modules_are_left_out() => Check(Choose("2", "q v k", null, LastTwo), 2, "q v", false, true);

    [Fact]
    public void Where_layers_differ_keys_are_full_paths() =>
        Check(Choose("2", null, null, "m.layers.1.q", "m.layers.2.q", "m.layers.2.v"), 2, "m.layers.1.q m.layers.2.q m.layers.2.v", false, true);

    [Fact]
    public void Where_the_number_of_layers_is_lost_too_keys_are_full_paths() =>
        Check(Choose("null", null, null, LastTwo), 1024, string.Join(' ', LastTwo), true, true);

    [Fact]
    public void All_layers_from_the_first_on_keep_relative_keys() => Check(Choose("-1", null, null, FirstTwo), 1024, "q", true, true);

    [Fact]
    public void Readers_of_full_paths_get_them() =>
        Check(Choose("2", null, null, FirstTwo, KeyForms.FullPath), 2, "m.layers.0.q m.layers.1.q", false, true);

    [Fact]
    public void Readers_of_full_paths_alone_get_them_in_place_of_others() =>
        Check(Choose("2", "q", null, FirstTwo, KeyForms.FullPath), 2, "m.layers.0.q m.layers.1.q", false, true);

    [Fact]
    public void Modules_outside_the_layers_keep_their_path() => Check(Choose("2", null, null, ["lm_head", .. FirstTwo]), 2, "lm_head q", false, true);

    [Theory]
    [InlineData("16", null)]
    [InlineData("16", "proj")]
    [InlineData("null", null)]
    public void Readers_of_paths_below_a_layer_get_them_whatever_the_number(string number, string? keys)
    {
        MlxKeyRepair choice = Choose(number, keys, null, LastTwo, KeyForms.Relative);
        Check(choice, number == "16" ? 16 : 1024, "q v", number != "16", true);
        Assert.Equal(2, choice.Excess);
    }

    [Fact]
    public void They_get_them_where_layers_differ_too()
    {
        MlxKeyRepair choice = Choose("2", null, null, ["m.layers.1.q", "m.layers.2.q", "m.layers.2.v"], KeyForms.Relative);
        Check(choice, 2, "q v", false, true);
        Assert.Equal(1, choice.Excess);
    }

    [Theory]
    [InlineData(KeyForms.Relative | KeyForms.FullPath)]
    [InlineData(KeyForms.Relative)]
    public void With_a_base_the_number_makes_relative_keys_exact(KeyForms forms)
    {
        MlxKeyRepair choice = Choose("16", null, 3, LastTwo, forms);
        Check(choice, 2, "q v", true, true);
        Assert.Equal((0, true), (choice.Excess, choice.IsConfirmed));
        Assert.Equal(1, Choose("16", null, 4, ["m.layers.3.q"], forms).NumLayers);
    }

    [Fact]
    public void Early_layers_alone_keep_full_paths_where_the_reader_takes_them()
    {
        Check(Choose("16", null, 3, FirstTwo, KeyForms.Relative | KeyForms.FullPath), 16, "m.layers.0.q m.layers.1.q", false, true);
        MlxKeyRepair swift = Choose("16", null, 3, FirstTwo, KeyForms.Relative);
        Check(swift, 16, "q", false, true);
        Assert.Equal(1, swift.Excess);
    }

    [Fact]
    public void DoRA_is_given_the_number_that_reaches_no_other_layer()
    {
        MlxKeyRepair choice = Choose("16", null, null, LastTwo, KeyForms.Relative, isDora: true);
        Check(choice, 2, "q v", true, true);
        Assert.Equal((0, false), (choice.Excess, choice.IsConfirmed));
    }

    private static void Check(MlxKeyRepair choice, int numLayers, string keys, bool changesNumber, bool changesKeys)
    {
        Assert.Equal(numLayers, choice.NumLayers);
        Assert.Equal(Split(keys), choice.Keys);
        Assert.Equal(changesNumber, choice.NumLayersReason is not null);
        Assert.Equal(changesKeys, choice.KeysReason is not null);
    }

    private static MlxKeyRepair Choose(string number, string? keys, int? baseLayers, params string[] paths) =>
        Choose(number, keys, baseLayers, paths, KeyForms.Relative | KeyForms.FullPath);

    private static MlxKeyRepair Choose(string number, string? keys, int? baseLayers, string[] paths, KeyForms forms, bool isDora = false) =>
        MlxKeyRepair.Choose(
        MlxNumber.Read(Fixtures.Parse($"{{\"num_layers\":{number}}}"), "num_layers"), keys is null ? null : Split(keys), Paths(paths), baseLayers, forms,
        isDora);

    private static ImmutableArray<string> Split(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private static ModulePath[] Paths(IEnumerable<string> paths) => [.. paths.Select(ModulePath.Parse)];
}
