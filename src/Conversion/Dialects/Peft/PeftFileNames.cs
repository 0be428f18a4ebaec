using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>What only a whole PEFT file tells about its names: each step takes the tensors as the file has them, and gives them as they are meant.</summary>
internal static class PeftFileNames
{
    /// <summary>The tensors of an adapter: cut names whole, prefixes in their place, the base's own storage left out, eight-bit floats widened.</summary>
    /// <param name="tensors">The file's.</param>
    /// <param name="baseModel">The base, where it was given.</param>
    public static Judged<ImmutableArray<NamedTensor>> Read(ImmutableArray<NamedTensor> tensors, BaseModel? baseModel) => Judgement.Of(log =>
        EightBitFactors.Widen(BaseStorage.LeaveOut(MisplacedPrefixes.Move(CutNames.Restore(tensors, log), baseModel, log), log), log));
}
