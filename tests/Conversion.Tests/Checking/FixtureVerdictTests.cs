using Transfuse.Conversion.Checking;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>Every fixture before every reader, against the Oracle's loaders, which share no code with the product.</summary>
public class FixtureVerdictTests
{
    [Fact]
    public void Agrees_with_the_oracle_on_every_fixture_with_its_base()
    {
        List<string> differences = [];
        int cases = 0;
        foreach (FixtureCase fixture in Fixtures.Cases)
        {
            foreach (TargetProfile reader in TargetProfile.All)
            {
                cases++;
                ReaderReport report = Readers.Load(fixture.AdapterFolder, reader.Name, fixture);
                CheckResult result = Readers.Check(fixture.AdapterFolder, reader.Name, Readers.BaseFor(reader.Name, fixture));
                if (Readers.VerdictOf(report) != result.Verdict)
                {
                    differences.Add($"{fixture.Name} {reader.Name}: oracle {Readers.VerdictOf(report)} ({report}), check {result.Verdict} ({string.Join("; ", result.Findings.Take(3))})");
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences.Select(d => d.Length > 500 ? d[..500] : d)));
        Assert.Equal(7 * 63, cases);
    }
}
