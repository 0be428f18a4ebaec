using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Tests.Mlx;

/// <summary>What <c>num_layers</c> and <c>keys</c> name, against the loops of mlx-lm 0.32 and mlx-swift-lm 3.31.4 written out.</summary>
public class KeyReachTests
{
    private const int Layers = 4;

    private static readonly string[] Paths =
    [
        "m.layers.0.a.q", "m.layers.1.a.q", "m.layers.2.a.q", "m.layers.3.a.q", "m.layers.3.a.v", "m.layers.4.a.q", "m.head", "q", "m.layers.2.a.q.x",
    ];

    private static readonly string[]?[] KeyLists =
        [null, [], ["a.q"], ["a.q", "a.v"], ["m.layers.1.a.q"], ["a.q", "m.layers.3.a.q"], ["m.head"], ["q"], ["m.layers.0.a.q", "a.q"], [""]];

    [Fact]
    public void Names_what_linear_to_lora_layers_names()
    {
        int cases = 0, both = 0;
        foreach (string[]? keys in KeyLists)
        {
            for (int number = -1; number <= Layers + 1; number++)
            {
                KeyReach reach = KeyReach.OfMlxLm(keys, number, Layers);
                foreach (string path in Paths)
                {
                    KeyForms expected = MlxLm(keys, number, path);
                    Assert.Equal(expected, reach.Match(ModulePath.Parse(path)));
                    both += expected == (KeyForms.Relative | KeyForms.FullPath) ? 1 : 0;
                    cases++;
                }
            }
        }

        Assert.Equal((KeyLists.Length * 7 * Paths.Length, true), (cases, both > 0));
    }

    [Fact]
    public void Names_what_replaceLayers_names()
    {
        foreach (string[]? keys in KeyLists)
        {
            for (int number = 0; number <= Layers + 1; number++)
            {
                KeyReach reach = KeyReach.OfMlxSwift(keys, number, Layers);
                foreach (ModulePath path in Paths.Select(ModulePath.Parse))
                {
                    // loraLayers.suffix(number): the last ones; a path beyond them is no layer of the model, and its number alone counts here.
                    bool isNamed = path.IsInLayer && path.Layer >= Layers - number && (keys is null || keys.Contains(path.Relative));
                    Assert.Equal(isNamed ? KeyForms.Relative : KeyForms.None, reach.Match(path));
                }
            }
        }
    }

    [Fact]
    public void Keys_are_listed_once_and_sorted()
    {
        KeyReach reach = KeyReach.OfMlxLm(["b", "a", "b"], 0, 1);
        Assert.True(reach.HasKeys);
        Assert.Equal(["a", "b"], reach.Keys);
        KeyReach none = KeyReach.OfMlxLm(null, 0, 1);
        Assert.False(none.HasKeys);
        Assert.Empty(none.Keys);
        Assert.True(none.NamesBelowLayer("anything"));
    }

    // for l in model.layers[-max(num_layers, 0):]: for k, m in l.named_modules(): if k in keys; then: for k, m in model.named_modules(): if k in keys.
    private static KeyForms MlxLm(string[]? keys, int number, string path)
    {
        ModulePath module = ModulePath.Parse(path);
        int first = number <= 0 ? 0 : Math.Max(0, Layers - number);
        KeyForms forms = KeyForms.None;
        if (module.IsInLayer && module.Layer >= first && (keys is null || Array.IndexOf(keys, module.Relative) >= 0))
        {
            forms |= KeyForms.Relative;
        }

        return keys is not null && Array.IndexOf(keys, path) >= 0 ? forms | KeyForms.FullPath : forms;
    }
}
