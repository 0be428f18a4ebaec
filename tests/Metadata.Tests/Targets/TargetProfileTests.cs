using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Tests.Targets;

public class TargetProfileTests
{
    [Fact]
    public void Two_readers_share_what_both_accept()
    {
        TargetProfile both = TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift);
        Assert.Equal("mlx-lm,mlx-swift", both.Name);
        Assert.Equal([ModuleKind.Linear], both.Kinds);
        Assert.Equal(KeyForms.Relative, both.KeyForms);
        Assert.True(both.OneRankAndScale);
    }

    [Fact]
    public void Swift_and_vlm_share_no_form_of_keys() => Assert.Equal(KeyForms.None, TargetProfile.MlxSwift.Intersect(TargetProfile.MlxVlm).KeyForms);

    [Fact]
    public void Dialects_never_meet_in_one_folder() => Assert.Throws<ArgumentException>(() => TargetProfile.Peft.Intersect(TargetProfile.MlxLm));

    [Fact]
    public void Names_are_unique_and_found() => Assert.All(TargetProfile.All, profile => Assert.Same(profile, TargetProfile.Find(profile.Name)));
}
