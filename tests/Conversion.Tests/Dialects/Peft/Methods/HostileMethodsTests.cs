using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Dialects;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

/// <summary>Modules some of whose tensors are missing, or of any shape, type and value: each is read to the end or refused, never thrown at.</summary>
public class HostileMethodsTests
{
    private const string Module = "base_model.model." + MethodCase.Path + ".";

    private static readonly DType[] Types = [DType.F32, DType.F32, DType.BF16, DType.I32, DType.U8, DType.F8E4M3, DType.F4];

    public static TheoryData<string, string> Methods { get; } = new()
    {
        { "ADALORA", "lora_A 2 4, lora_B 4 2, lora_E 2 1" },
        { "DELORA", "delora_A 2 4, delora_B 4 2, delora_lambda 1, delora_w_norm 4" },
        { "GRALORA", "gralora_A 2 2 2, gralora_B 2 2 2, gralora_A_general 1 4, gralora_B_general 4 1" },
        { "LOHA", "hada_w1_a 4 2, hada_w1_b 2 4, hada_w2_a 4 2, hada_w2_b 2 4" },
        { "LOKR", "lokr_w1 3 2, lokr_w2 4 3" },
        { "LOKR", "lokr_w1_a 3 2, lokr_w1_b 2 3, lokr_w2_a 3 2, lokr_w2_b 2 3" },
        { "MISS", "miss_block 2 4" },
        { "PVERA", "pvera_lambda_b 4, pvera_lambda_d 4, /pvera_A 4 4, /pvera_B 4 2" },
        { "VBLORA", "vblora_logits_A 2 2 4, vblora_logits_B 2 2 4, /vblora_vector_bank 4 2" },
        { "VBLORA", "vblora_logits_A_topk_indices 2 2 1, vblora_logits_A_topk_weights 2 2 0, vblora_logits_B 2 2 4, /vblora_vector_bank 4 2" },
        { "VERA", "vera_lambda_b 4, vera_lambda_d 2, /vera_A 2 4, /vera_B 4 2" },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void Reads_or_refuses_any_tensors(string peftType, string tensors)
    {
        using var folder = new TemporaryFolder();
        MethodOptions withBase = MethodOptions.Default with { Base = BaseFolder.Write(folder, (MethodCase.Path, 4, 4)) };
        int read = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            MethodCase adapter = Random(peftType, tensors, random);
            MethodOptions options = random.Next(3) switch { 0 => withBase, 1 => withBase with { MaxRank = 50 }, _ => withBase with { SvdRank = 2 } };
            foreach (AdapterModule module in adapter.Read(options).Values)
            {
                Assert.InRange(module.Rank, 1, 50);
                Assert.All(MethodCase.DeltaOf(module).Values, value => Assert.True(double.IsFinite(value)));
                read++;
            }
        }));
        Assert.InRange(read, 20, 300);
    }

    private static MethodCase Random(string peftType, string tensors, Random random)
    {
        MethodCase adapter = new MethodCase(peftType).Set("r", "2").Set("alpha", "2").Set("topk", "1").Set("init_r", "2").Set("lora_alpha", "2");
        foreach (string[] words in tensors.Split(", ").Select(tensor => tensor.Split(' ')))
        {
            string name = words[0][0] == '/' ? "base_model." + words[0][1..] : Module + words[0];
            bool isIndex = name.EndsWith("indices", StringComparison.Ordinal);
            var shape = new TensorShape([.. words[1..].Select(long.Parse)]);
            switch (random.Next(20))
            {
                case 0:
                    break;
                case 1 or 2:
                    DType type = Types[random.Next(Types.Length)];
                    Put(adapter, name, type, new TensorShape([.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))]), random);
                    break;
                default:
                    Put(adapter, name, isIndex ? DType.U8 : DType.F32, shape, random);
                    break;
            }
        }

        return adapter;
    }

    private static void Put(MethodCase adapter, string name, DType type, TensorShape shape, Random random)
    {
        byte[] bytes = new byte[((shape.ElementCount * type.BitSize()) + 7) / 8];
        random.NextBytes(bytes);
        bool isTame = random.Next(20) > 0;
        for (int i = 0; isTame && i < bytes.Length; i++)
        {
            // Small numbers of a byte; floats near 1.
            bytes[i] = type == DType.U8 ? (byte)(bytes[i] & 3) : type == DType.F32 && i % 4 == 3 ? (byte)(0x3F | (bytes[i] & 0x80)) : bytes[i];
        }

        adapter.Put(name, type, shape, bytes);
    }
}
