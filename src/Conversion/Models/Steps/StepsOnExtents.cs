using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>Follows extents of a tensor through steps, without its values.</summary>
internal static class StepsOnExtents
{
    /// <summary>The extents that come out, or <see langword="null"/> where a step cannot be taken.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="extents">The extents of the tensor.</param>
    /// <param name="isBias">Whether rows lie along the last axis, as in a bias, not along the one before it.</param>
    public static ImmutableArray<long>? Apply(IEnumerable<ModuleStep> steps, ImmutableArray<long> extents, bool isBias)
    {
        ImmutableArray<long>? result = extents;
        foreach (ModuleStep step in steps)
        {
            result = result is { } current ? Apply(step, current, isBias) : null;
        }

        return result;
    }

    private static ImmutableArray<long>? Apply(ModuleStep step, ImmutableArray<long> extents, bool isBias)
    {
        int rows = extents.Length - (isBias ? 1 : 2);
        switch (step)
        {
            case ModuleStep.StackExpert stack:
                return extents.Insert(0, stack.Expert + 1L);
            case ModuleStep.Transpose or ModuleStep.Pack { Layout: PackedLayout.InOut }:
                return rows < 0 || isBias ? null : extents.SetItem(rows, extents[^1]).SetItem(rows + 1, extents[^2]);
            case ModuleStep.Pack:
                return extents;
            case ModuleStep.SelectRows { Rows: var selection }:
                return rows >= 0 && selection.Fits(extents[rows]) ? extents.SetItem(rows, selection.CountIn(extents[rows])) : null;
            case ModuleStep.ScaleRows:
                return extents;
            case ModuleStep.SplitHeads heads:
                return extents.Length != 2 || extents[0] / heads.Heads != heads.First + heads.Second || extents[0] % heads.Heads != 0 ? null
                    : heads.TakesFirst ? [heads.Heads, extents[1], heads.First] : [heads.Heads, heads.Second, extents[1]];
            default:
                throw ModuleStep.IsUnknown(step);
        }
    }
}
