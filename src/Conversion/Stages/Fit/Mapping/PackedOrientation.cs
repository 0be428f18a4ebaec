using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Tells on which side of packed experts PEFT's A acts, which differs between versions of PEFT, and unpacks them. Shapes tell it
/// where they are not square; what one parameter of the file tells holds for all, since one program wrote them by one rule.
/// </summary>
internal sealed class PackedOrientation
{
    // The first version whose rule is known for every model (PEFT 0.19.1).
    private const int KnownMinor = 19;
    private const int KnownPatch = 1;

    private readonly Adapter _adapter;
    private readonly Run _context;
    private readonly bool? _followsRule;

    public PackedOrientation(IReadOnlyCollection<(AdapterModule Module, MlxMapping Mapping)> modules, Adapter adapter, Run run)
    {
        _adapter = adapter;
        _context = run;
        (AdapterModule Module, PackedParameter Packed)[] packed =
        [
            .. modules.Where(item => item.Mapping is { Form: HfForm.Packed, Packed: not null }).Select(item => (item.Module, item.Mapping.Packed!)),
        ];
        _followsRule = packed.Select(item => ByShape(item.Module, item.Packed) is { } acts && item.Packed.ActsOnInput is { } rule ? acts == rule : (bool?)null)
            .FirstOrDefault(follows => follows is not null)
            ?? BySiblings(packed);
        CompareCounts(packed);
    }

    /// <summary>The module with its experts unpacked, or <see langword="null"/> with a finding.</summary>
    public AdapterModule? Unpack(AdapterModule module, MlxMapping mapping)
    {
        PackedParameter packed = mapping.Packed!;
        long experts = module.A.Shape[0] / module.Rank;
        if (experts * module.Rank != module.A.Shape[0] || module.B.Shape[1] != module.A.Shape[0])
        {
            _context.Log.Add(TensorCodes.ExpertShape.At(
                module.SourcePath, $"lora_A is {module.A.Shape}, lora_B is {module.B.Shape}; rank {module.Rank} divides them into no whole number of experts"));
            return null;
        }

        if (packed.Experts is { } known && known != experts)
        {
            _context.Log.Add(ArchitectureCodes.ExpertMismatch.At(
                module.SourcePath, $"lora_A is {module.A.Shape}, so with rank {module.Rank} there are {experts} experts, but the base has {known}"));
            return null;
        }

        if (!FitsBase(module, packed) || (experts == 1 ? ActsOnInputAlone(module, packed) : ActsOnInput(module, packed)) is not { } actsOnInput)
        {
            return null;
        }

        if (packed.Experts is null)
        {
            _context.Log.Add(ArchitectureCodes.ExpertCountAssumed.At(
                module.SourcePath, $"no base was given; the model was taken to have {experts} experts, as many as the adapter"));
        }

        (LazyTensor a, LazyTensor b) = PackedExperts.Unpack(module.A, module.B, experts, actsOnInput);
        return module with { A = a, B = b, Kind = ModuleKind.Experts };
    }

    private bool FitsBase(AdapterModule module, PackedParameter packed)
    {
        (long a, long b) = (module.A.Shape[1], module.B.Shape[0]);
        if (packed is not { In: not null, Out: not null } || (a, b) == (packed.In, packed.Out) || (b, a) == (packed.In, packed.Out))
        {
            return true;
        }

        _context.Log.Add(ArchitectureCodes.DimensionMismatch.At(
            module.SourcePath, $"lora_A is {module.A.Shape} and lora_B is {module.B.Shape}, but an expert of the base maps {packed.In} to {packed.Out}"));
        return false;
    }

    // PEFT adds B A of a single expert to the parameter as it lies, by whatever version: A then acts on the parameter's last axis.
    private bool? ActsOnInputAlone(AdapterModule module, PackedParameter packed)
    {
        bool? acts = packed.IsTransposed ? null : packed.Layout switch { PackedLayout.OutIn => true, PackedLayout.InOut => false, _ => null };
        if (acts is not null && (ByShape(module, packed) ?? acts) == acts)
        {
            return acts;
        }

        _context.Log.Add(TensorCodes.ExpertOrientation.At(
            module.SourcePath, "PEFT does not turn the factors of a single expert around, so that these cannot have been trained"));
        return null;
    }

    private bool? ActsOnInput(AdapterModule module, PackedParameter packed)
    {
        if (ByShape(module, packed) is { } seen)
        {
            return seen;
        }

        if (_context.Options.ExpertOrientation is { } given)
        {
            return given == ExpertOrientation.InputFirst;
        }

        bool writtenByKnownRule = _adapter.WriterVersion is { } text && PeftVersion.TryParse(text, out PeftVersion? version)
            && version.IsAtLeast(0, KnownMinor, KnownPatch);
        if (packed.ActsOnInput is { } rule && (_followsRule ?? (writtenByKnownRule ? true : null)) is { } follows)
        {
            return follows == rule;
        }

        _context.Log.Add(TensorCodes.ExpertOrientation.At(
            module.SourcePath,
            $"lora_A is {module.A.Shape} and lora_B is {module.B.Shape}; which side is the input cannot be told (peft_version is "
            + $"{_adapter.WriterVersion ?? "missing"}); give --base or --expert-orientation"));
        return null;
    }

    // Without a base the rank alone tells how many experts there are, and that must be the same everywhere.
    private void CompareCounts((AdapterModule Module, PackedParameter Packed)[] packed)
    {
        (AdapterModule Module, long Experts)[] counts =
            [.. packed.Where(item => item.Packed.Experts is null).Select(item => (item.Module, item.Module.A.Shape[0] / item.Module.Rank))];
        foreach ((AdapterModule module, long experts) in counts.Where(item => item.Experts != counts[0].Experts))
        {
            _context.Log.Add(TensorCodes.ExpertShape.At(
                module.SourcePath,
                $"with rank {module.Rank} it has {experts} experts, but {counts[0].Module.SourcePath} has {counts[0].Experts} with rank "
                + $"{counts[0].Module.Rank}"));
        }
    }

    private static bool? ByShape(AdapterModule module, PackedParameter packed) =>
        packed.In is { } input && packed.Out is { } output && input != output ? module.A.Shape[1] == input : null;

    // Without the base's sizes: the hidden size is what gate and up read and down gives, and gate and up together have twice the rows that down reads.
    private static bool? BySiblings((AdapterModule Module, PackedParameter Packed)[] packed)
    {
        foreach (IGrouping<string, (AdapterModule Module, PackedParameter Packed)> owner in packed.GroupBy(item => item.Module.Path.Text))
        {
            if (owner.ToArray() is not [var one, var other] || one.Packed.ActsOnInput is not { } rule)
            {
                continue;
            }

            (AdapterModule first, AdapterModule last) = one.Module.Parameter!.StartsWith("down", StringComparison.Ordinal) ? (other.Module, one.Module)
                : (one.Module, other.Module);
            bool input = Fits(first.A.Shape[1], first.B.Shape[0], last.A.Shape[1], last.B.Shape[0]);
            bool output = Fits(first.B.Shape[0], first.A.Shape[1], last.B.Shape[0], last.A.Shape[1]);
            if (input != output)
            {
                return input == rule;
            }
        }

        return null;

        static bool Fits(long read, long given, long readByDown, long givenByDown) => read == givenByDown && given == 2 * readByDown;
    }
}
