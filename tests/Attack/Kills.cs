using System.Diagnostics;

namespace Transfuse.Attack;

/// <summary>A conversion, a repair in place and a merge are killed at random moments; what is there is whole, and the next run clears up.</summary>
public static class Kills
{
    /// <summary>Each verb in turn.</summary>
    public static Tally Run(Tool tool, int rounds, int seed)
    {
        var tally = new Tally();
        var random = new Random(seed);
        for (int round = 0; round < rounds; round++)
        {
            switch (round % 3)
            {
                case 0: Written(tool, tally, round, random, ["convert", Adapters.Whole, "--to", "mlx-lm", "--base", Adapters.Base]); break;
                case 1: Written(tool, tally, round, random, ["fuse", "--base", Adapters.Base, "--adapter", Adapters.Whole]); break;
                default: InPlace(tool, tally, round, random); break;
            }

            tally.Round();
        }

        return tally;
    }

    private static void Written(Tool tool, Tally tally, int round, Random random, string[] arguments)
    {
        string room = tool.Room(round);
        string name = $"kill {round} ({arguments[0]})";
        string wanted = Path.Combine(room, "wanted"), output = Path.Combine(room, "out");
        var clock = Stopwatch.StartNew();
        tally.Judge(name, tool.Run([.. arguments, "--output", wanted]), 0);
        TimeSpan whole = clock.Elapsed;
        string contents = Adapters.Contents(wanted);
        tool.Kill(whole * random.NextDouble(), [.. arguments, "--output", output]);
        bool there = Directory.Exists(output);
        tally.Check(!there || Adapters.Contents(output) == contents, $"{name}: half an output");
        tally.Judge(name, tool.Run([.. arguments, "--output", output, "--overwrite"]), 0);
        tally.Check(Adapters.Contents(output) == contents, $"{name}: the next run wrote something else");
        tally.Check(Adapters.Names(room).SequenceEqual(["out", "wanted"]), $"{name}: left {string.Join(", ", Adapters.Names(room))}");
        Directory.Delete(room, recursive: true);
    }

    private static void InPlace(Tool tool, Tally tally, int round, Random random)
    {
        string room = tool.Room(round);
        string name = $"kill {round} (repair --in-place)";
        string wanted = Adapters.Copy(Adapters.Old, Path.Combine(room, "wanted")), folder = Adapters.Copy(Adapters.Old, Path.Combine(room, "in"));
        var clock = Stopwatch.StartNew();
        tally.Judge(name, tool.Run("repair", wanted, "--in-place"), 0);
        tool.Kill(clock.Elapsed * random.NextDouble(), "repair", folder, "--in-place");
        tally.Judge(name, tool.Run("repair", folder, "--in-place"), 0);
        tally.Check(Adapters.Contents(folder) == Adapters.Contents(wanted), $"{name}: the next run repaired to something else");
        tally.Check(
            Adapters.Names(folder).SequenceEqual(Adapters.Names(wanted)),
            $"{name}: left {string.Join(", ", Adapters.Names(folder))}, not {string.Join(", ", Adapters.Names(wanted))}");
        foreach (string original in Directory.EnumerateFiles(folder, "*.orig"))
        {
            byte[] before = File.ReadAllBytes(Path.Combine(Adapters.Old, Path.GetFileNameWithoutExtension(original)));
            tally.Check(before.AsSpan().SequenceEqual(File.ReadAllBytes(original)), $"{name}: {Path.GetFileName(original)} is no original");
        }

        Directory.Delete(room, recursive: true);
    }
}
