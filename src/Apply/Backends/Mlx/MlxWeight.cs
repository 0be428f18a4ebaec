namespace Transfuse.Apply.Backends.Mlx;

/// <summary>A weight that is read when it is first used. Its arrays are made on the MLX thread.</summary>
internal sealed class MlxWeight(WeightSource source) : BackendWeight(source)
{
    private MlxArray? _values;
    private MlxArray? _scales;
    private MlxArray? _biases;

    /// <summary>Floats, or packed integers, with scales and biases: read now, or already there.</summary>
    /// <param name="operations">Where they are made.</param>
    public (MlxArray Values, MlxArray? Scales, MlxArray? Biases) Load(MlxOperations operations)
    {
        if (_values is { IsFreed: false } values)
        {
            return (values, _scales, _biases);
        }

        (MlxArray Values, MlxArray? Scales, MlxArray? Biases) loaded =
            (
                operations.Read(Source.Values), Source.Scales is null ? null : operations.Read(Source.Scales),
                Source.Biases is null ? null : operations.Read(Source.Biases));
        (_values, _scales, _biases) = loaded;
        if (operations.KeepsWeights)
        {
            loaded.Values.Hold();
            loaded.Scales?.Hold();
            loaded.Biases?.Hold();
        }

        return loaded;
    }

    /// <inheritdoc />
    protected override void Free()
    {
        _values?.Dispose();
        _scales?.Dispose();
        _biases?.Dispose();
        _values = _scales = _biases = null;
    }
}
