namespace Transfuse.Attack;

/// <summary>Every verb on damaged adapter folders: it ends as the contract says, and a failure leaves nothing.</summary>
public static class MutatedFolders
{
    private static readonly string[] MlxReaders = ["mlx-lm", "mlx-swift", "mlx-vlm", "unsloth"];
    private static readonly string[] PeftReaders = ["peft", "vllm", "sglang"];

    /// <summary>Runs the rounds side by side; each has its own seed, so one can be repeated alone.</summary>
    public static Tally Run(Tool tool, int rounds, int seed)
    {
        var tally = new Tally();
        Parallel.For(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, round => Round(tool, tally, round, seed));
        return tally;
    }

    private static void Round(Tool tool, Tally tally, int round, int seed)
    {
        var random = new Random((seed * 1_000_003) + round);
        string room = tool.Room(round);
        string source = Adapters.Small[random.Next(Adapters.Small.Count)];
        string folder = Adapters.Copy(source, Path.Combine(room, "in"));
        FolderMutator.Mutate(random, folder);
        string output = Path.Combine(room, "out");
        bool peft = Adapters.IsPeft(source);
        string[] arguments = random.Next(7) switch
        {
            0 => ["inspect", folder, "--json"],
            1 => ["check", folder, "--for", Pick(random, peft ? PeftReaders : MlxReaders)],
            2 => ["convert", folder, "--to", peft ? Pick(random, MlxReaders) : "peft", "--output", output],
            3 => ["convert", folder, "--to", peft ? Pick(random, MlxReaders) : "peft", "--base", Adapters.BaseOf(source), "--output", output],
            4 => ["repair", folder, "--output", output],
            5 => ["verify", source, folder, "--base", Adapters.BaseOf(source)],
            _ => ["fuse", "--base", Adapters.BaseOf(source), "--adapter", folder, "--output", output],
        };
        string name = $"round {round} ({string.Join(' ', arguments)}, from {source})";
        Ending ending = tool.Run(arguments);
        tally.Judge(name, ending, 0, 1, 3, 5);
        tally.Check(ending.Code == 0 || !Path.Exists(output), $"{name}: failed and left an output");
        tally.Check(Adapters.Names(room).Except(["in", "out"]).ToArray() is [], $"{name}: left {string.Join(", ", Adapters.Names(room))}");
        Directory.Delete(room, recursive: true);
        tally.Round();
    }

    private static string Pick(Random random, string[] values) => values[random.Next(values.Length)];
}
