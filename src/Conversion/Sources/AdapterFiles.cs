using System.Text.RegularExpressions;

namespace Transfuse.Conversion.Sources;

/// <summary>Names of the files that adapters consist of.</summary>
internal static partial class AdapterFiles
{
    public const string Config = "adapter_config.json";
    public const string PeftWeights = "adapter_model.safetensors";
    public const string PeftPickle = "adapter_model.bin";
    public const string PeftCheckpoint = "adapter_model.pt";
    public const string MlxWeights = "adapters.safetensors";
    public const string MlxArchive = "adapters.npz";

    private static readonly string[] Names = [Config, PeftWeights, PeftPickle, PeftCheckpoint, MlxWeights, MlxArchive];

    /// <summary>Whether a folder with this file holds an adapter.</summary>
    public static bool Marks(string fileName) => Names.Contains(fileName) || IsNumberedCheckpoint(fileName);

    /// <summary>Whether a file goes when an output is overwritten. Checkpoints stay: no later training brings them back, and no reader prefers them.</summary>
    public static bool AreReplaced(string fileName) => Names.Contains(fileName);

    /// <summary>Whether a file of another name could hold an adapter's weights.</summary>
    public static bool MayBeWeights(string fileName) => Path.GetExtension(fileName) is ".safetensors" or ".npz";

    /// <summary>Whether a name is that of a file of tensors in any form, pickles included.</summary>
    public static bool HoldsTensors(string fileName) => MayBeWeights(fileName) || Path.GetExtension(fileName) is ".bin" or ".pt" or ".pth";

    /// <summary>Whether the name is one of mlx-lm's checkpoints, such as <c>0000300_adapters.safetensors</c>.</summary>
    public static bool IsNumberedCheckpoint(string fileName) => NumberedCheckpoint().IsMatch(fileName);

    /// <summary>Whether a folder's name is that of a trainer's checkpoint, such as <c>checkpoint-500</c>.</summary>
    public static bool IsTrainerCheckpoint(string folderName) => TrainerCheckpoint().IsMatch(folderName);

    [GeneratedRegex(@"\Acheckpoint-[0-9]{1,12}\z")]
    private static partial Regex TrainerCheckpoint();

    [GeneratedRegex(@"\A[0-9]{1,12}_adapters\.(safetensors|npz)\z")]
    private static partial Regex NumberedCheckpoint();
}
