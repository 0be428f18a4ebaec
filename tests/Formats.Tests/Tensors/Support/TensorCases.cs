using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Random tensors for properties.</summary>
internal static class TensorCases
{
    /// <summary>Layout operations look at the size of elements only: one type for each size.</summary>
    public static readonly DType[] Types = [DType.U8, DType.BF16, DType.F32, DType.I64];

    /// <summary>Runs a property on random tensors; the last argument makes further choices.</summary>
    public static void Check(int minAxes, int maxAxes, int maxExtent, Action<DType, PlainTensor, LazyTensor, Random> property, int cases = 150)
    {
        Gen<(int[] Extents, DType Type, bool Ranges, int Seed)> generator =
            from axes in Gen.Choose(minAxes, maxAxes)
            from extents in Gen.Frequency((1, Gen.Choose(0, 2)), (6, Gen.Choose(1, maxExtent))).ArrayOf(axes)
            from type in Gen.Elements(Types)
            from ranges in Gen.Elements(true, false)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select (extents, type, ranges, seed);

        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases),
            Prop.ForAll(generator.ToArbitrary(), value =>
            {
                var random = new Random(value.Seed);
                PlainTensor plain = PlainTensor.Random(value.Extents, value.Type.BitSize() / 8, random);
                property(value.Type, plain, plain.ToTensor(value.Type, value.Ranges), random);
            }));
    }
}
