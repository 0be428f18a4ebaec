using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>Experts that are modules of their own (dbrx).</summary>
internal sealed class ListedExperts : IExperts
{
    private readonly ITensorBackend _backend;
    private readonly Activation _activation;
    private readonly (LayerSlot Gate, LayerSlot Up, LayerSlot Down)[] _experts;

    public ListedExperts(PartFactory parts, string path, int layer, int width, int count)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int inner = settings.Size("moe.experts.inner", layer);
        LayerSlot Linear(int expert, string slot, int outputs, int inputs) =>
            parts.Linear(Paths.Join(path, $"experts.{expert}.{settings.Word("moe.experts." + slot)}"), outputs, inputs, false);
        _experts =
            [.. Enumerable.Range(0, count).Select(e => (Linear(e, "gate", inner, width), Linear(e, "up", inner, width), Linear(e, "down", width, inner)))];
        _activation = Activation.Create(parts, "moe.experts", path, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, BackendArray experts)
    {
        int tokens = x[0], chosen = experts[1], width = x[2];
        int[] index = _backend.ToIntegers(experts);
        BackendArray rows = _backend.Reshape(x[1] == 1 ? _backend.Repeat(x, 1, chosen) : x, tokens * chosen, width);
        int[] place = new int[index.Length];
        List<BackendArray> results = [];
        int next = 0;
        foreach (IGrouping<int, int> uses in Enumerable.Range(0, index.Length).GroupBy(i => index[i]))
        {
            int[] taken = [.. uses];
            foreach (int row in taken)
            {
                place[row] = next++;
            }

            (LayerSlot gate, LayerSlot up, LayerSlot down) = _experts[uses.Key];
            BackendArray input = _backend.Take(rows, _backend.FromIntegers(taken, taken.Length));
            results.Add(down.Forward(_activation.Forward(gate.Forward(input), up.Forward(input))));
        }

        BackendArray inOrder = _backend.Take(_backend.Concat(0, [.. results]), _backend.FromIntegers(place, place.Length));
        return _backend.Reshape(inOrder, tokens, chosen, width);
    }
}
