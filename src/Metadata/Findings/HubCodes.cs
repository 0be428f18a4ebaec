using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF705x: adapters and models on a hub.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class HubCodes
{
    /// <summary>Something is not on the hub.</summary>
    public static FindingCode Missing { get; } = new(
        "TF7050", Error, "The hub has no such repository, revision, folder or file, or not for you.",
        "Look at the id: hf:owner/name[@revision][/folder]. Private repositories need a token in HF_TOKEN.");

    /// <summary>The hub does not allow it.</summary>
    public static FindingCode Denied { get; } = new(
        "TF7051", Error, "The hub does not give the repository without permission.",
        "Accept the terms on the repository's page, and give the token of that account in HF_TOKEN.");

    /// <summary>The content has another hash.</summary>
    public static FindingCode Checksum { get; } = new(
        "TF7052", Error, "What the hub sent is not the file that it names: its hash is another.",
        "Try again later; where it stays so, the file on the hub or the mirror (HF_ENDPOINT) is damaged. Nothing of it was kept.");

    /// <summary>A pointer in place of a file.</summary>
    public static FindingCode Pointer { get; } = new(
        "TF7053", Error, "The hub sent a pointer of Git LFS in place of the file.",
        "The file itself was never uploaded, or the mirror (HF_ENDPOINT) does not follow LFS; ask its owner.");

    /// <summary>No network is to be used.</summary>
    public static FindingCode Offline { get; } = new(
        "TF7054", Error, "The cache does not hold it, and no network is to be used.",
        "Unset HF_HUB_OFFLINE, or bring the file into the cache with the network once.");

    /// <summary>An answer that is none.</summary>
    public static FindingCode Answer { get; } = new(
        "TF7055", Error, "The hub answered something that is no answer of a hub.",
        "Look at HF_ENDPOINT: it must be a Hugging Face hub or a mirror of one.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } = [Missing, Denied, Checksum, Pointer, Offline, Answer];
}
