using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxKeysTests
{
    private const KeyForms Both = KeyForms.Relative | KeyForms.FullPath;

    [Fact]
    public void Equal_layers_of_a_known_count_get_relative_keys() => Check(Plan(Both, 2, "m.layers.0.q", "m.layers.1.q"), ["q"], 2);

    [Fact]
    public void An_unknown_count_gets_full_paths_which_ignore_it() =>
        Check(Plan(Both, null, "m.layers.0.q", "m.layers.1.q"), ["m.layers.0.q", "m.layers.1.q"], MlxKeys.AllLayers);

    [Fact]
    public void Layers_that_are_not_all_adapted_get_full_paths() => Check(Plan(Both, 3, "m.layers.0.q", "m.layers.1.q"), ["m.layers.0.q", "m.layers.1.q"], 3);

    [Fact]
    public void Unequal_layers_get_full_paths() =>
        Check(Plan(Both, 2, "m.layers.0.q", "m.layers.1.q", "m.layers.1.v"), ["m.layers.0.q", "m.layers.1.q", "m.layers.1.v"], 2);

    [Fact]
    public void Modules_outside_the_layers_keep_their_path_beside_relative_keys() => Check(Plan(Both, 1, "m.layers.0.q", "lm_head"), ["lm_head", "q"], 1);

    [Fact]
    public void A_reader_of_relative_keys_gets_all_of_them_and_the_excess_is_counted()
    {
        MlxKeyPlan? plan = Plan(KeyForms.Relative, 3, "m.layers.0.q", "m.layers.1.v");
        Check(plan, ["q", "v"], 3);
        Assert.Equal(4, plan!.Excess);
    }

    [Fact]
    public void No_form_reaches_a_module_outside_the_layers_by_relative_keys() => Assert.Null(Plan(KeyForms.Relative, 1, "m.layers.0.q", "lm_head"));

    [Fact]
    public void No_form_is_no_plan() => Assert.Null(Plan(KeyForms.None, 1, "m.layers.0.q"));

    private static MlxKeyPlan? Plan(KeyForms forms, int? layerCount, params string[] paths) =>
        MlxKeys.Plan([.. paths.Select(ModulePath.Parse)], layerCount, forms);

    private static void Check(MlxKeyPlan? plan, string[] keys, int numLayers)
    {
        Assert.NotNull(plan);
        Assert.Equal(keys, plan.Keys);
        Assert.Equal(numLayers, plan.NumLayers);
    }
}
