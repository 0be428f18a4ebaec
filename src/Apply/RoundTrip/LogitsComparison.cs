using System.Collections.Immutable;

namespace Transfuse.Apply.RoundTrip;

/// <summary>What two adapters, or one, do to a model's logits.</summary>
/// <seealso cref="Transfuse.Apply.RoundTrip.LogitsVerifier" />
public sealed record LogitsComparison
{
    /// <summary>The largest error, as a share of the adapter's own shift, that counts as rounding.</summary>
    public const double Rounding = 1e-3;

    /// <summary>Number of positions that were compared.</summary>
    public required int Positions { get; init; }

    /// <summary>Largest absolute difference between the logits of base and first adapter.</summary>
    public required double Shift { get; init; }

    /// <summary>Largest absolute difference between the logits of the two adapters; of one adapter, 0.</summary>
    public double LargestError { get; init; }

    /// <summary>Mean over positions of KL(first | second) in nats; of one adapter, KL(base | first).</summary>
    public required double MeanDivergence { get; init; }

    /// <summary>Largest of these over positions.</summary>
    public required double LargestDivergence { get; init; }

    /// <summary>Share of positions at which both find the same id most likely.</summary>
    public required double TopAgreement { get; init; }

    /// <summary>After each part, from the embedding to the head; empty for one adapter.</summary>
    public ImmutableArray<LayerDifference> Layers { get; init; } = [];

    /// <summary>The error as a share of the shift.</summary>
    public double RelativeError => LargestError == 0 ? 0 : Shift == 0 ? double.PositiveInfinity : LargestError / Shift;

    /// <summary>Whether the two differ by rounding at most.</summary>
    /// <param name="tolerance">Largest error as a share of the shift.</param>
    public bool Agrees(double tolerance) => RelativeError <= tolerance;

    /// <summary>The first part after which the two are further apart than rounding; <see langword="null"/> where they never are.</summary>
    /// <param name="tolerance">Largest error as a share of the shift.</param>
    public LayerDifference? FirstApart(double tolerance) => Layers.FirstOrDefault(layer => layer.RelativeError > tolerance);

    /// <summary>What to call a part of the model in a message.</summary>
    public string Place(LayerDifference layer) => layer.Layer < 0 ? "the embedding" : layer.Layer == Layers.Length - 2 ? "the head" : $"layer {layer.Layer}";
}
