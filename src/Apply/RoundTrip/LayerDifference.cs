namespace Transfuse.Apply.RoundTrip;

/// <summary>How far two adapters' passes are apart after a part of the model.</summary>
/// <param name="Layer">
/// The layer; -1 for the embedding, the number of layers for the head. Of a model that runs its layers twice, counted on in the second pass.
/// </param>
/// <param name="LargestError">Largest absolute difference between the two.</param>
/// <param name="Shift">Largest absolute difference between the first and the base.</param>
/// <seealso cref="Transfuse.Apply.RoundTrip.LogitsVerifier" />
public sealed record LayerDifference(int Layer, double LargestError, double Shift)
{
    /// <summary>The error as a share of the shift; infinite where only the second changes anything.</summary>
    public double RelativeError => LargestError == 0 ? 0 : Shift == 0 ? double.PositiveInfinity : LargestError / Shift;
}
