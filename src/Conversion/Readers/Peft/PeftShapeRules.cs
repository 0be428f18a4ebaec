using System.Globalization;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// The shapes that PEFT's layers have, which <c>load_state_dict</c> compares: (r, in) and (out, r); of embeddings (r, V) and (d, r); of packed experts (E r,
/// in) and (out, r E).
/// </summary>
/// <param name="context">The check.</param>
/// <param name="config">The config that PEFT works with.</param>
/// <param name="matcher">Its patterns.</param>
internal sealed class PeftShapeRules(CheckContext context, PeftConfig config, PeftPatternMatcher matcher)
{
    /// <summary>Checks a pair that is bound.</summary>
    public void Check(PeftModuleFactors pair, PeftBinding binding, long? experts)
    {
        int[] ranks = [.. binding.Candidates.Select(path => matcher.Load(path).Rank).Distinct()];
        if (config.Variants.BdLora is not null)
        {
            context.Report(CheckCodes.NotJudged, pair.Label, "the blocks of a block-diagonal factor were not compared with the model");
        }
        else if (binding.IsPacked)
        {
            CheckPacked(pair, binding, ranks, (binding.Packed?.Experts ?? experts) is > 0 and var count ? count : null);
        }
        else if (!IsConvolution(pair))
        {
            HfSlot place = binding.Place;
            Compare(pair, "A", pair.A, [ranks[0], place.Inputs]);
            Compare(pair, "B", pair.B, [place.Outputs, ranks[0]]);
            // Without use_dora there is no such parameter to compare with.
            Compare(pair, "magnitude_vector", config.Variants.UseDora ? pair.Magnitude : null, [place.Outputs]);
        }
        else
        {
            CompareRank(pair, pair.A, 0, ranks[0]);

            // A grouped convolution has one part of B for each group.
            bool isGrouped = pair.B is { Shape: { Rank: > 1 } parts } && parts[1] > 0 && ranks[0] % parts[1] == 0;
            CompareRank(pair, isGrouped ? null : pair.B, 1, ranks[0]);
        }
    }

    private void CheckPacked(PeftModuleFactors pair, PeftBinding binding, int[] ranks, long? experts)
    {
        if (pair.A is { Shape: { Rank: 2 } a } && pair.B is { Shape: { Rank: 2 } b })
        {
            bool fits = a[0] == b[1] && ranks.Any(rank => experts is { } count ? a[0] == count * rank : a[0] % rank == 0);
            if (!fits)
            {
                string wanted = string.Join(" or ", ranks.Select(rank => rank.ToString(CultureInfo.InvariantCulture)));
                Refuse(pair,
                    $"lora_A {a} and lora_B {b} hold no {(experts is { } count ? count.ToString(CultureInfo.InvariantCulture) : "whole number of")} experts of "
                    + $"rank {wanted}");
                return;
            }

            CheckOrientation(pair, binding.Packed, a[1], b[0]);
        }
        else if (pair.A is not null && pair.B is not null)
        {
            Refuse(pair, $"lora_A {pair.A.Shape} and lora_B {pair.B.Shape}; factors of a parameter have two axes");
        }
    }

    private void CheckOrientation(PeftModuleFactors pair, PackedParameter? packed, long a, long b)
    {
        if (packed is not { ActsOnInput: { } actsOnInput, In: { } input, Out: { } output })
        {
            return;
        }

        (long wantedA, long wantedB) = actsOnInput ? (input, output) : (output, input);
        if ((a, b) != (wantedA, wantedB))
        {
            string old = (a, b) == (wantedB, wantedA) ? "; this is the orientation of another version of PEFT" : string.Empty;
            Refuse(pair, $"lora_A ends with {a} and lora_B begins with {b}, but the parameter takes {wantedA} and {wantedB}{old}");
        }
        else if (input == output && WrittenOnInput(packed) is null)
        {
            context.Report(
                CheckCodes.NotJudged, pair.Label, "the parameter is square, and without peft_version it cannot be told which side the writer's A acts on");
        }
        else if (input == output && WrittenOnInput(packed) != actsOnInput)
        {
            context.Report(CheckCodes.ExpertsMisread, pair.Label, $"PEFT {config.Version} wrote the factors of this square parameter the other way round");
        }
    }

    // PEFT 0.17 and 0.18 took axis 1 for the input, 0.19.0 the other one for classes that say is_transposed; since 0.19.1 the rule of the table holds.
    private bool? WrittenOnInput(PackedParameter packed) =>
        config.Version is not { } version ? null
        : version.IsAtLeast(0, 19, 1) ? packed.ActsOnInput
        : version.IsAtLeast(0, 19) ? false
        : packed.Layout == PackedLayout.InOut;

    private static bool IsConvolution(PeftModuleFactors pair) => pair.A?.Shape.Rank > 2 || pair.B?.Shape.Rank > 2;

    private void CompareRank(PeftModuleFactors pair, LazyTensor? tensor, int axis, long rank)
    {
        if (tensor is not null && (tensor.Shape.Rank <= axis || tensor.Shape[axis] != rank))
        {
            Refuse(pair, $"{tensor.Shape}, but the config gives it rank {rank}");
        }
    }

    private void Compare(PeftModuleFactors pair, string name, LazyTensor? tensor, long?[] expected)
    {
        bool fits = tensor is null
            || (tensor.Shape.Rank == expected.Length && expected.Zip(tensor.Shape.Dimensions).All(item => item.First is null || item.First == item.Second));
        bool isMagnitudeOfEmbedding = name == "magnitude_vector" && pair.IsEmbedding;
        if (!fits && !isMagnitudeOfEmbedding)
        {
            string shape = string.Join(", ", expected.Select(extent => extent?.ToString(CultureInfo.InvariantCulture) ?? "?"));
            Refuse(pair, $"lora_{name} is {tensor!.Shape} in the file, but ({shape}) in the model that the config makes");
        }
    }

    private void Refuse(PeftModuleFactors pair, string message) =>
        context.Report(CheckCodes.ShapeRefused, pair.Label, "RuntimeError: size mismatch: " + message);
}
