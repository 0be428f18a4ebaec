using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Names come from strangers: whatever they are, they are mapped or refused, and nothing throws.</summary>
public class HostilePathTests
{
    private static readonly string[] Words =
    [
        "model", "layers", "language_model", "transformer", "h", "0", "1", "999999999", "00", "-1", "mlp", "experts", "gate_up_proj",
        "down_proj", "self_attn", "q_proj", "kv_b_proj", "base_layer", "weight", "lm_head", "embed_tokens", "{L}", "{e}", "", "ф",
    ];

    [Fact]
    public void Any_path_is_mapped_or_refused()
    {
        ArchitectureMap[] maps = [.. ArchitectureTable.Default.All.Select(architecture => new ArchitectureMap(architecture, SyntheticBase.Config(), true))];
        Gen<string> path = Gen.ArrayOf(Gen.Elements(Words)).Select(words => string.Join('.', words));
        Prop.ForAll(Gen.Zip(path, Gen.Elements(maps)).ToArbitrary(), item =>
        {
            (string name, ArchitectureMap map) = item;
            MlxMapping forth = map.MapToMlx(name);
            HfMapping back = map.MapToHuggingFace(name, HfLayout.Transformers5);
            map.PackedParametersOf(name, 2, null);
            map.MapTensor(name);
            return (forth.Finding is null) == (forth.Targets.Length > 0) && (back.Finding is null) == (back.Path.Length > 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }
}
