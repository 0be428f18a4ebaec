using Transfuse.Attack;

if (args is not [var command, var what, var count, var seed])
{
    Console.Error.WriteLine("usage: Transfuse.Attack COMMAND folders|kills|disks COUNT SEED     run from the root of the repository");
    return 2;
}

string work = Directory.CreateTempSubdirectory("transfuse-attack").FullName;
try
{
    var tool = new Tool(Path.GetFullPath(command), work);
    (int rounds, int start) = (int.Parse(count, null), int.Parse(seed, null));
    Tally tally = what switch
    {
        "folders" => MutatedFolders.Run(tool, rounds, start),
        "kills" => Kills.Run(tool, rounds, start),
        "disks" => FullDisks.Run(tool, rounds, start),
        _ => throw new ArgumentException($"{what}: folders, kills or disks"),
    };
    Console.WriteLine($"{what}: {tally}");
    return tally.Failures.IsEmpty ? 0 : 1;
}
finally
{
    Directory.Delete(work, recursive: true);
}
