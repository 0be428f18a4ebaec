namespace Transfuse.Oracle.Tests;

/// <summary>Runs a check over fixture cases, names every case that fails, and says how many ran.</summary>
internal static class CaseLoop
{
    public static int Run(IEnumerable<FixtureCase> cases, Action<FixtureCase> check)
    {
        int count = 0;
        List<string> failures = [];
        foreach (FixtureCase fixture in cases)
        {
            count++;
            try
            {
                check(fixture);
            }
            catch (Exception problem)
            {
                failures.Add($"{fixture.Name}: {problem.GetType().Name} {problem.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        return count;
    }
}
