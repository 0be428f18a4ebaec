using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages.BaseChecks;

/// <summary>What a base's config.json tells of its modules: the hidden size on one side of most, the vocabulary, and the sizes of experts.</summary>
internal sealed class ConfigExtents(ArchitectureMap map, BaseConfig config)
{
    // Every architecture of the table that has a module of this name feeds it the hidden state, or adds what it gives to the hidden state.
    private static readonly string[] ReadHidden = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"];
    private static readonly string[] WriteHidden = ["self_attn.o_proj", "mlp.down_proj"];

    private readonly long? _hidden = Positive(config.Dimension(map.Architecture, ExpertDimension.Hidden));

    /// <summary>What the config tells of a module of MLX.</summary>
    public ModuleExtent Of(ModulePath path, HfMapping mapping)
    {
        if (mapping.Role != ModuleRole.None)
        {
            return new ModuleExtent(null, Positive(config.VocabularySize), _hidden);
        }

        if (mapping.Kind == TargetKind.Switch)
        {
            return new ModuleExtent(
                Positive(config.ExpertCount(map.Architecture)),
                mapping is { Packed.Out: { } rows, Partners.Length: > 0 } ? rows / mapping.Partners.Length : null,
                mapping.Packed?.In);
        }

        return ReadHidden.Contains(path.Relative) ? new ModuleExtent(null, null, _hidden)
            : WriteHidden.Contains(path.Relative) ? new ModuleExtent(null, _hidden, null)
            : default;
    }

    private static long? Positive(long? value) => value > 0 ? value : null;
}
