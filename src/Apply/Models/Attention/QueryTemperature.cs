using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Attention;

/// <summary>A factor of the queries that grows with the position, after the rotation (ministral3, llama4).</summary>
/// <param name="factor">The factor at a position.</param>
internal sealed class QueryTemperature(Func<int, float> factor)
{
    public static QueryTemperature? Create(ModelSettings settings, int layer)
    {
        if (!settings.Has("attn.q_temperature") || !settings.Is("attn.q_temperature.layers", layer, true))
        {
            return null;
        }

        if (settings.Word("attn.q_temperature.kind") == "llama4")
        {
            float floor = settings.Number("attn.q_temperature.floor_scale", layer), scale = settings.Number("attn.q_temperature.attn_scale", layer);
            return new QueryTemperature(p => (MathF.Log(MathF.Floor((p + 1) / floor) + 1) * scale) + 1);
        }

        float beta = settings.Number("attn.q_temperature.beta", layer), original = settings.Number("attn.q_temperature.orig_max", layer);
        return new QueryTemperature(p => 1 + (beta * MathF.Log(1 + MathF.Floor(p / original))));
    }

    public BackendArray Forward(ITensorBackend backend, BackendArray queries, int offset)
    {
        float[] factors = [.. Enumerable.Range(offset, queries[2]).Select(factor)];
        return backend.Multiply(queries, backend.FromSingles(factors, factors.Length, 1));
    }
}
