using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF61xx: an adapter on a running model.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class ApplyCodes
{
    /// <summary>A base that cannot be run.</summary>
    public static FindingCode ModelNotRun { get; } = new(
        "TF6101", Error, "The base model cannot be run.",
        "docs/apply.md lists the model types and settings that are run; a folder that lacks something is made whole by downloading it again.");

    /// <summary>An adapter that cannot be put on the model.</summary>
    public static FindingCode NotApplied { get; } = new(
        "TF6102", Error, "The adapter cannot be put on the base model.",
        "Give the base that the adapter was trained on. What is no low-rank factor is not applied.");

    /// <summary>Ids that cannot be used.</summary>
    public static FindingCode IdsUnusable { get; } = new(
        "TF6104", Error, "The ids to run the model on cannot be used.",
        "Give a JSON list of lists of integers below the vocabulary, or a safetensors file with input_ids (int32, batch x tokens).");

    /// <summary>Read back, the output gives other logits.</summary>
    public static FindingCode LogitsDiffer { get; } = new(
        "TF6105", Error, "Read back, the output would give the base model other logits than the source does; nothing was written.",
        "This is a fault of Transfuse: report it, with the adapter's config and tensor names.");

    /// <summary>A backend that was asked for by name.</summary>
    public static FindingCode BackendUnusable { get; } = new(
        "TF6150", Error, "MLX was asked for and cannot be used.",
        "'transfuse backends' says where it was looked for; docs/metal.md says how it is installed. --backend managed needs nothing.");

    /// <summary>A layer without a multiplier.</summary>
    public static FindingCode ScaleUnknown { get; } = new(
        "TF6151", Error, "A layer of the model does not say by what one number its factors are multiplied, so that no config can.",
        "Give the layer's scale; where its values differ, multiply B by them and give 1.");

    /// <summary>Weights that were trained beside the factors.</summary>
    public static FindingCode Unfrozen { get; } = new(
        "TF6152", Error, "Weights of the base were trained too, and nothing says whether they are to be saved; nothing was written.",
        "Set SaveOptions.Unfrozen: Save takes them along, for readers that load them; Leave leaves them out.");

    /// <summary>Weights that were trained and are left out.</summary>
    public static FindingCode UnfrozenLeft { get; } = new(
        "TF6153", Warning, "Weights of the base were trained too and are left out, as was asked: the adapter does not do all that training did.",
        "Nothing, if that was meant.");

    /// <summary>Layers that are left out.</summary>
    public static FindingCode LayersLeft { get; } = new(
        "TF6154", Warning, "Adapter layers of the model are left out, because the list of modules does not name them.", "Nothing, if that was meant.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
        [ModelNotRun, NotApplied, IdsUnusable, LogitsDiffer, BackendUnusable, ScaleUnknown, Unfrozen, UnfrozenLeft, LayersLeft];
}
