using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Seeds;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Fuzz.Targets;

/// <summary>Damaged PyTorch checkpoints of both forms; one in eight is whole and must be read exactly.</summary>
public class TorchTarget : FuzzTarget
{
    public override string Name => "torch";

    public override FuzzCase MakeCase(Random random)
    {
        if (random.Next(16) == 0)
        {
            byte[] real = RealFiles.Checkpoints[random.Next(RealFiles.Checkpoints.Count)];
            return new FuzzCase(Mutator.Mutate(random, real, "PK"u8), static _ => { });
        }

        var seed = SeedCheckpoint.Make(random);
        return random.Next(8) == 0
            ? new FuzzCase(seed.ToFile(), tensors => ExpectedTensor.RequireSame(seed.Tensors, tensors), MustOpen: true)
            : new FuzzCase(Mutator.Mutate(random, seed.ToFile(), random.Next(2) == 0 ? "PK"u8 : "torch"u8), static _ => { });
    }

    public override ITensorContainer Open(byte[] bytes) => TorchCheckpointFile.Open(new MemoryByteSource("fuzzed.bin", bytes));

    public override string? Cause(Exception exception) => (exception as TorchCheckpointException)?.Error.ToString();
}
