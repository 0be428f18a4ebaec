namespace Transfuse.Oracle;

/// <summary>What a server with one scale for the whole adapter makes of it.</summary>
internal static class ServedDeltas
{
    public static void Apply(string folder, HfBase hfBase, double scale, ReaderReport report)
    {
        PeftReading reading = PeftOracle.Read(folder, hfBase);
        foreach (string name in reading.Unread)
        {
            report.Error(name);
        }

        foreach (OracleDelta delta in reading.Deltas.Values)
        {
            // Experts that were single modules before transformers 5 are known by their own names.
            if (hfBase.Find(delta.Path) is null && !delta.Path.Contains(".experts.", StringComparison.Ordinal))
            {
                report.Quietly($"{delta.Path} is no parameter of the base and is dropped");
                continue;
            }

            if ((float)delta.Scale != (float)scale)
            {
                report.Quietly($"{delta.Path}: scale {scale} instead of {delta.Scale}");
            }

            if (delta.Magnitude is not null)
            {
                report.Quietly($"{delta.Path}: the magnitude of DoRA is not applied");
            }

            report.Apply(delta with { Delta = Dense.Scale(delta.Delta, scale / delta.Scale), Scale = scale, Magnitude = null });
        }

        foreach (string name in reading.Replacements.Keys.Concat(reading.TokenRows.Keys).Concat(reading.BiasDeltas.Keys))
        {
            bool equalsBase = reading.Replacements.TryGetValue(name, out DenseArray? value)
                && hfBase.HasWeights && DeltaComparison.Of(value, hfBase.Weights[name]).RelativeError == 0;
            if (!equalsBase)
            {
                report.Quietly($"{name} is not applied");
            }
        }
    }
}
