using System.Diagnostics;
using System.Globalization;
using Transfuse.Formats.Fuzz.Targets;

namespace Transfuse.Formats.Fuzz;

/// <summary>The long run: <c>dotnet run -c Release --project tests/Formats.Fuzz -- TARGET COUNT [SEED]</c>.</summary>
internal static class Program
{
    private static readonly FuzzTarget[] Targets = [new SafetensorsTarget(), new TorchTarget(), new PickleTarget(), new NpzTarget()];

    private static int Main(string[] arguments)
    {
        FuzzTarget? target = Array.Find(Targets, item => item.Name == arguments.ElementAtOrDefault(0));
        if (target is null || !int.TryParse(arguments.ElementAtOrDefault(1), CultureInfo.InvariantCulture, out int count))
        {
            Console.Error.WriteLine($"usage: TARGET COUNT [SEED], where TARGET is one of {string.Join(", ", Targets.Select(item => item.Name))}");
            return 2;
        }

        int seed = int.TryParse(arguments.ElementAtOrDefault(2), CultureInfo.InvariantCulture, out int given) ? given : 1;
        var runner = new FuzzRunner(target, seed);
        using var watchdog = new Timer(_ => EndIfHanging(target, runner, seed), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        long started = Stopwatch.GetTimestamp();
        try
        {
            FuzzSummary summary = runner.Run(count);
            Console.Write($"{target.Name}, seed {seed}, {Stopwatch.GetElapsedTime(started).TotalSeconds:f0} s: {summary}");
            return 0;
        }
        catch (FuzzFailureException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }

    private static void EndIfHanging(FuzzTarget target, FuzzRunner runner, int seed)
    {
        (int number, TimeSpan elapsed) = runner.Current;
        if (elapsed > 2 * FuzzRunner.TimeLimit)
        {
            Console.Error.WriteLine($"{target.Name}, seed {seed}, case {number} hangs.");
            Environment.Exit(1);
        }
    }
}
