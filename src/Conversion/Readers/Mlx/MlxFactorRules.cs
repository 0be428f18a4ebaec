using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>What holds for the tensors of wrapped modules in every MLX reader.</summary>
internal static class MlxFactorRules
{
    /// <summary>Reports tensors of dtypes that MLX cannot load (v0.31.2, <c>io/safetensors.cpp</c>), or loads as something else.</summary>
    public static void CheckDTypes(CheckContext context, ITensorContainer tensors)
    {
        foreach (NamedTensor tensor in tensors.Tensors)
        {
            switch (tensor.Tensor.DType)
            {
                case DType.F8E4M3:
                    context.Report(CheckCodes.FactorsMismatched, tensor.Name, "F8_E4M3 is loaded as raw uint8, so its values are other numbers");
                    break;
                case DType.F64 or DType.F4 or DType.F6E2M3 or DType.F6E3M2 or DType.F8E5M2 or DType.F8E8M0 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz:
                    context.Report(CheckCodes.DTypeRefused, tensor.Name, $"RuntimeError: unsupported dtype {tensor.Tensor.DType.SafetensorsName()}");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Reports what is missing of a wrapped module, which no reader but Unsloth notices.</summary>
    public static void CheckWhole(CheckContext context, MlxPair pair, bool isDora, string first = "lora_a", string second = "lora_b")
    {
        if (pair.B is null)
        {
            context.Report(CheckCodes.HalfPair, pair.Path, $"{first} without {second}: the wrapper's {second} stays zero, so the module has no effect");
        }
        else if (pair.A is null)
        {
            context.Report(CheckCodes.HalfPair, pair.Path, $"{second} without {first}: it is multiplied by the wrapper's random {first}, which adds noise");
        }
        else if (isDora && pair.M is null)
        {
            context.Report(
                CheckCodes.DoraMisread, pair.Path, "DoRA without m: m stays the row norms of the base weight, so the adapted rows are scaled back to them");
        }
    }

    /// <summary>Reports factors that a reader takes without comparing shapes and that do not fit the module or each other.</summary>
    public static void CheckUnchecked(CheckContext context, MlxPair pair, ModelSlot place)
    {
        if (pair.A is null || pair.B is null)
        {
            return;
        }

        bool stacked = place.Kind == TargetKind.Switch;
        string shapes = $"lora_a {pair.A.Shape} and lora_b {pair.B.Shape}";
        if (FactorShapes.RankOf(pair, stacked) is not { } rank)
        {
            context.Report(CheckCodes.FactorsMismatched, pair.Path, $"{shapes} do not multiply; shapes are not compared, so it fails in use");
            return;
        }

        foreach ((string name, LazyTensor tensor, string expected) in FactorShapes.Misfits(pair, place, rank))
        {
            context.Report(CheckCodes.FactorsMismatched, $"{pair.Path}.{name}",
                $"{tensor.Shape}, but the module takes {expected}; shapes are not compared, so it fails in use");
        }
    }
}
