namespace Transfuse.Oracle.Tests.Readers;

internal static class ReaderAssert
{
    /// <summary>Runs a reader on a changed copy of a fixture.</summary>
    public static ReaderReport Changed(string fixture, Func<string, ReaderReport> load, Action<AdapterCopy> change)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case(fixture));
        change(copy);
        return load(copy.Save());
    }

    public static void Fails(ReaderReport report, string start)
    {
        Assert.True(report.Errors.Any(e => e.StartsWith(start, StringComparison.Ordinal)), $"expected {start}, got: {report}");
        Assert.Empty(report.Applied);
    }

    public static void Intended(ReaderReport report) => Assert.True(report.LoadsAsIntended, report.ToString());

    /// <summary>The logits of what an MLX reader applied are the recorded ones.</summary>
    public static void RecordedLogits(ReaderReport report, MlxBase mlxBase, FixtureCase fixture)
    {
        DenseArray logits = LogitsOracle.OfMlx(mlxBase, report.Applied.Values, report.Replaced, fixture.InputIds);
        DenseArray recorded = fixture.Expected["logits_adapter"].ToArray();
        double shift = DeltaComparison.Of(recorded, fixture.Expected["logits_base"].ToArray()).MaximumDifference;
        Assert.InRange(DeltaComparison.Of(logits, recorded).MaximumDifference, 0, 2e-5 * shift);
    }
}
