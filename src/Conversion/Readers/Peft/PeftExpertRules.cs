using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// Adapters of one linear layer per expert, as transformers 4 had them, under transformers 5: PEFT 0.21 packs them, if the architecture is one of those that it
/// knows, if gate and up of every expert are there, and if all have the rank of the config.
/// </summary>
/// <param name="context">The check.</param>
/// <param name="original">The config as it stands.</param>
/// <param name="converted">The config that PEFT works with.</param>
/// <param name="model">The model.</param>
/// <param name="budget">The time for patterns.</param>
internal sealed class PeftExpertRules(CheckContext context, PeftConfig original, PeftConfig converted, HfOutline model, RegexBudget budget)
{
    private readonly PeftPatternMatcher _stated = new(original, budget);
    private readonly PeftPatternMatcher _actual = new(converted, budget);

    /// <summary>Checks the pairs of single experts.</summary>
    /// <param name="pairs">Pairs with the parameter that they belong to.</param>
    /// <param name="injection">What is targeted.</param>
    public void Check(IEnumerable<(PeftModuleFactors Pair, string Parameter)> pairs, PeftInjection injection)
    {
        foreach (IGrouping<string, PeftModuleFactors> group in pairs.GroupBy(item => item.Parameter, item => item.Pair, StringComparer.Ordinal))
        {
            PeftModuleFactors[] members = [.. group];
            if (model.Architecture.PeftConversion is null || !injection.TargetsParameter(group.Key))
            {
                string why = model.Architecture.PeftConversion is null ? "PEFT does not pack the experts of this architecture"
                    : "the experts are not among the targets";
                context.Report(CheckCodes.TensorIgnored, [.. members.Select(member => member.Path)],
                    $"unexpected keys are ignored: transformers 5 holds {group.Key} instead, and {why}");
                continue;
            }

            CheckComplete(group.Key, members);
            CheckScale(group.Key, members);
        }
    }

    private void CheckComplete(string parameter, PeftModuleFactors[] members)
    {
        int halves = parameter.EndsWith("gate_up_proj", StringComparison.Ordinal) ? 2 : 1;
        long rank = _actual.Load(parameter).Rank;
        bool sameRank = members.All(pair => pair.A is { Shape.Rank: 2 } && pair.B is { Shape.Rank: 2 } && pair.A.Shape[0] * halves == rank
            && pair.B.Shape[1] * halves == rank);
        bool sameLeaves = members.GroupBy(pair => ModulePath.LeafOf(pair.Path)).Count() == halves;
        long? experts = model.ExpertCount;
        if (!sameRank || !sameLeaves || (experts is { } count && members.Length != count * halves))
        {
            context.Report(
                CheckCodes.ShapeRefused,
                parameter,
                "RuntimeError: size mismatch: PEFT packs the factors of single experts into one parameter; it needs those of "
                + $"{(experts is { } all ? all.ToString(System.Globalization.CultureInfo.InvariantCulture) : "all")} experts, "
                + $"of {halves} projection{(halves == 1 ? string.Empty : "s")}, with rank {rank / halves}, and the file has {members.Length} pairs");
        }
    }

    private void CheckScale(string parameter, PeftModuleFactors[] members)
    {
        (int rank, double alpha) = _actual.Load(parameter);
        foreach (PeftModuleFactors pair in members)
        {
            (int statedRank, double statedAlpha) = _stated.Load(pair.Path);
            if (rank <= 0 || statedRank <= 0)
            {
                continue;
            }

            double actual = PeftScaling.ScaleOf(alpha, rank, converted.UseRslora);
            double meant = PeftScaling.ScaleOf(statedAlpha, statedRank, original.UseRslora);
            if (!PeftScaling.AreEqual(actual, meant))
            {
                string why = original.UseRslora ? "with use_rslora doubling rank and alpha multiplies the scale by the root of 2"
                    : "patterns of single experts are not carried over";
                context.Report(CheckCodes.ScaleMisread, pair.Path,
                    FormattableString.Invariant($"scale {actual:R} instead of {meant:R}: gate and up are packed together, and {why}"));
                return;
            }
        }
    }

    /// <summary>Whether a module is one expert's, and the parameter that it became.</summary>
    public static string? ParameterOf(HfOutline model, string path) =>
        !model.Architecture.IsRemoteCode && model.Find(path).Form == HfForm.PerExpert ? model.PackedOf(path) : null;
}
