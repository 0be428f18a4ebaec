using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors;

public class StridedGatherTests
{
    [Fact]
    public void Copies_what_four_plain_loops_copy()
    {
        Gen<int[]> sizes = Gen.Choose(1, 4).ArrayOf(4);
        Gen<int[]> strides = Gen.Choose(0, 9).ArrayOf(4);
        Gen<int> elementSizes = Gen.Elements(1, 2, 4, 8);
        var cases = from size in sizes from stride in strides from elementSize in elementSizes from rank in Gen.Choose(1, 4) select (
            size, stride, elementSize, rank);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(cases.ToArbitrary(), item => Matches(item.size[..item.rank], item.stride[..item.rank], item.elementSize)));
    }

    [Fact]
    public void Refuses_other_element_sizes() => Assert.Throws<ArgumentOutOfRangeException>(
        () => StridedGather.Copy(new byte[3], 3, [1], [1], new byte[3], TestContext.Current.CancellationToken));

    private static bool Matches(int[] sizes, int[] strides, int elementSize)
    {
        int span = 1 + sizes.Zip(strides, (size, stride) => (size - 1) * stride).Sum();
        byte[] source = new byte[span * elementSize];
        new Random(span).NextBytes(source);
        long[] padded = [.. Enumerable.Repeat(1L, 4 - sizes.Length), .. sizes];
        long[] steps = [.. Enumerable.Repeat(0L, 4 - sizes.Length), .. strides];
        var expected = new List<byte>();
        for (long i = 0; i < padded[0]; i++)
        {
            for (long j = 0; j < padded[1]; j++)
            {
                for (long k = 0; k < padded[2]; k++)
                {
                    for (long l = 0; l < padded[3]; l++)
                    {
                        long at = ((i * steps[0]) + (j * steps[1]) + (k * steps[2]) + (l * steps[3])) * elementSize;
                        expected.AddRange(source.AsSpan((int)at, elementSize));
                    }
                }
            }
        }

        // Guards around the destination show writes outside it.
        byte[] guarded = [.. Enumerable.Repeat((byte)0xa5, expected.Count + 16)];
        StridedGather.Copy(
            source, elementSize, [.. sizes.Select(size => (long)size)], [.. strides.Select(stride => (long)stride)], guarded.AsSpan(8, expected.Count),
            TestContext.Current.CancellationToken);
        return guarded.AsSpan(8, expected.Count).SequenceEqual(expected.ToArray())
            && guarded.Take(8).Concat(guarded.TakeLast(8)).All(value => value == 0xa5);
    }
}
