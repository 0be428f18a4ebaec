using System.Diagnostics;

namespace Transfuse.Attack;

/// <summary>Output onto disks of a few pages that fill at every stage of the work. Needs the right to mount a tmpfs.</summary>
public static class FullDisks
{
    /// <summary>Disks of 4 KiB upwards, a page more each round and verb.</summary>
    public static Tally Run(Tool tool, int rounds, int seed)
    {
        var tally = new Tally();
        for (int round = 0; round < rounds; round++)
        {
            string disk = tool.Room(round);
            int pages = 1 + (((round / 3) + seed) % 70);
            Mount("mount", "-t", "tmpfs", "-o", $"size={pages * 4}k", "tmpfs", disk);
            try
            {
                Round(tool, tally, round, disk, pages);
            }
            finally
            {
                Mount("umount", disk);
                Directory.Delete(disk);
            }

            tally.Round();
        }

        return tally;
    }

    private static void Round(Tool tool, Tally tally, int round, string disk, int pages)
    {
        string output = Path.Combine(disk, "out");
        string[] arguments = (round % 3) switch
        {
            0 => ["convert", Adapters.Whole, "--to", "mlx-lm", "--base", Adapters.Base, "--output", output],
            1 => ["repair", Adapters.Old, "--output", output],
            _ => ["fuse", "--base", Adapters.Base, "--adapter", Adapters.Whole, "--output", output],
        };
        string name = $"disk {round} ({arguments[0]} onto {pages * 4} KiB)";
        Ending ending = tool.Run(arguments);
        tally.Judge(name, ending, 0, 1, 3); // 1: fuse asks for the space beforehand (TF6017)
        tally.Check(ending.Code == 0 || Adapters.Names(disk).Count == 0, $"{name}: left {string.Join(", ", Adapters.Names(disk))}");
    }

    private static void Mount(string command, params string[] arguments)
    {
        using Process process = Process.Start(command, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}: full disks need the right to mount");
        }
    }
}
