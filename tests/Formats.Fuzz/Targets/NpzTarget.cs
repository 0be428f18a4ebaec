using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Seeds;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Targets;

/// <summary>Damaged archives of arrays. Their checksums are such that whatever is still read must be what was written.</summary>
public sealed class NpzTarget : FuzzTarget
{
    public override string Name => "npz";

    public override FuzzCase MakeCase(Random random)
    {
        if (random.Next(16) == 0)
        {
            byte[] real = RealFiles.Archives[random.Next(RealFiles.Archives.Count)];
            return new FuzzCase(Mutator.Mutate(random, real, "PK"u8), static _ => { });
        }

        var seed = SeedArchive.Make(random);
        return random.Next(8) == 0
            ? new FuzzCase(seed.Bytes, tensors => ExpectedTensor.RequireSame(seed.Tensors, tensors), MustOpen: true)
            : new FuzzCase(Mutator.Mutate(random, seed.Bytes, "PK"u8), tensors => RequireOriginals(seed, tensors));
    }

    public override ITensorContainer Open(byte[] bytes) => NpzFile.Open(new MemoryByteSource("fuzzed.npz", bytes));

    public override string? Cause(Exception exception) => (exception as NpzException)?.Error.ToString();

    private static void RequireOriginals(SeedArchive seed, IReadOnlyList<ExpectedTensor> tensors)
    {
        foreach (ExpectedTensor tensor in tensors)
        {
            ExpectedTensor? original = seed.Tensors.SingleOrDefault(item => item.Name == tensor.Name);
            if (original?.DifferenceFrom(tensor) is { } difference)
            {
                throw new FuzzFailureException($"A damaged array was read as if it were whole: {difference}.");
            }
        }
    }
}
