using System.Text;
using System.Text.RegularExpressions;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

public partial class HeaderFuzzTests
{
    private static readonly string[] Seeds =
    [
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[8,16]}}""",
        """{"__metadata__":null,"b":{"data_offsets":[12,16],"dtype":"I32","shape":[]},"a":{"data_offsets":[0,12],"dtype":"U8","shape":[3,4]}}""",
        """{"\u00e9":{"dtype":"F4","shape":[2,16],"data_offsets":[0,16],"note":[{"x":1.5e3}]},"z":{"dtype":"F64","shape":[0],"data_offsets":[16,16]}}   """,
    ];

    private static readonly string[] Fragments =
        ["{", "}", "[", "]", ",", ":", "\"", "0", "null", "true", "\"a\"", "\\ud800", "\\", "\u0000", "__metadata__", "shape", " "];

    private static readonly string[] Numbers =
        ["0", "1", "2", "3", "4", "8", "12", "16", "17", "-1", "1.5", "4611686018427387904", "9223372036854775807", "18446744073709551615"];

    private static readonly string[] Names = ["U8", "F4", "F16", "F64", "F6_E2M3", "f32", "a", "b", "dtype", "shape", "data_offsets", "__metadata__"];

    [Fact]
    public void Mutated_headers_are_refused_with_a_cause_or_read_right()
    {
        var random = new Random(20_240_917);
        var causes = new HashSet<SafetensorsError>();
        int read = 0;
        for (int run = 0; run < 20_000; run++)
        {
            int dataLength = random.Next(10) == 0 ? random.Next(20) : 16;
            byte[] bytes = SafetensorsBytes.Of(Mutate(Seeds[run % Seeds.Length], random), new byte[dataLength]);
            if (random.Next(20) == 0)
            {
                bytes[random.Next(8)] ^= (byte)(1 << random.Next(8));
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SafetensorsFile file = SafetensorsBytes.Open(bytes);
                AssertCovers(file, dataLength);
                read++;
            }
            catch (SafetensorsException refusal)
            {
                causes.Add(refusal.Cause);
            }

            // What a first exception loads is in here too; a length or count that is believed would take far more.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        }

        Assert.InRange(read, 500, 10_000);
        SafetensorsError[] unreachable =
        [
            SafetensorsError.HeaderTooSmall, SafetensorsError.TooMany, SafetensorsError.NotUnicode, SafetensorsError.ReservedName,
            SafetensorsError.TensorTooLarge,
        ];
        Assert.Equal(Enum.GetValues<SafetensorsError>().Except(unreachable), causes.Order());
    }

    private static byte[] Mutate(string header, Random random)
    {
        for (int edits = random.Next(1, 3); edits > 0; edits--)
        {
            header = random.Next(4) switch
            {
                0 => Numeral().Replace(header, Pick(Numbers, random), 1, random.Next(header.Length)),
                1 => QuotedText().Replace(header, $"\"{Pick(Names, random)}\"", 1, random.Next(header.Length)),
                2 => header.Insert(random.Next(header.Length + 1), Pick(Fragments, random)),
                _ => header,
            };
        }

        byte[] bytes = Encoding.UTF8.GetBytes(header);
        if (random.Next(4) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static string Pick(string[] choices, Random random) => choices[random.Next(choices.Length)];

    private static void AssertCovers(SafetensorsFile file, long dataLength)
    {
        Assert.Equal(dataLength, file.Tensors.Sum(named => named.Tensor.ByteLength));
        Assert.Equal(file.Tensors.Length, file.Tensors.Select(named => named.Name).Distinct().Count());
        foreach (NamedTensor named in file.Tensors)
        {
            Int128 bits = named.Tensor.Shape.Dimensions.Aggregate((Int128)named.Tensor.DType.BitSize(), (product, extent) => product * extent);
            Assert.Equal(bits, named.Tensor.ByteLength * (Int128)8);
            named.Tensor.CopyTo(new byte[named.Tensor.ByteLength]);
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numeral();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex QuotedText();
}
