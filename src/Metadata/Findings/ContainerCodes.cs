using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF1xxx: files that are missing, ambiguous or broken. None can be allowed.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class ContainerCodes
{
    public static FindingCode ConfigMissing { get; } = new(
        "TF1001", Error, "The folder has no adapter_config.json.",
        "Give the folder that the training wrote; for a bare weights file let repair write the config, with --scale.");
    public static FindingCode WeightsMissing { get; } = new(
        "TF1002", Error, "The folder has a config but no weights file.",
        "Look for the weights where the training ran: a run that was stopped early leaves only the config.");
    public static FindingCode NoAdapter { get; } = new("TF1003", Error, "The folder holds no adapter.", "Give the folder with adapter_config.json in it.");
    public static FindingCode SeveralAdapters { get; } = new(
        "TF1004", Error, "The folder holds several adapters in sub-folders.", "Choose one with --adapter NAME.");
    public static FindingCode AdapterNotFound { get; } = new(
        "TF1005", Error, "No sub-folder has the name that --adapter gives.", "Choose one of the names in the message.");
    public static FindingCode NestedAdapterTaken { get; } = new(
        "TF1006", Information, "The folder itself holds no adapter, but exactly one sub-folder does; that one was read.", "Nothing.");
    public static FindingCode SecondWeightsIgnored { get; } = new(
        "TF1007", Information, "The folder holds two weights files; the one that the loaders read was read.", "Delete the stale one.");
    public static FindingCode DialectUnclear { get; } = new(
        "TF1008", Error, "The folder holds weights files of PEFT and of MLX.", "Give the file that is meant instead of the folder.");
    public static FindingCode CheckpointTaken { get; } = new(
        "TF1009", Warning, "The final weights file is missing; the checkpoint with the highest number, which is the newest state, was read.",
        "Nothing, if the training was stopped on purpose.");
    public static FindingCode Shard { get; } = new(
        "TF1010", Error, "The weights file is one part of several; adapters have one file.",
        "Put the parts together into one file in Python, and save it as adapter_model.safetensors.");
    public static FindingCode OddWeightsName { get; } = new(
        "TF1011", Warning, "The only weights file has a name that no loader looks for; it was read.",
        "Check that it is the adapter; the output has the right name.");
    public static FindingCode NotRegularFile { get; } = new(
        "TF1089", Error, "What should be a file is a folder, a FIFO, a socket or a device; it was not opened.", "Put a regular file in its place.");
    public static FindingCode Unfinished { get; } = new(
        "TF1090", Error, "A repair in place of this folder was interrupted, or is at work: some files are away.",
        "Run transfuse repair --in-place on the folder, which finishes what was interrupted; or wait for the run that is at work.");
    public static FindingCode SideWeights { get; } = new(
        "TF1060", Warning, "Weights lie beside the adapter in a file of their own. They are no part of it and were not converted.",
        "Load that file, too, in the program that wrote it, or merge there; the output does not hold it.");
    public static FindingCode OthersIgnored { get; } = new(
        "TF1040", Information, "The folder holds further adapters in sub-folders, which were not read.", "Nothing, or choose one with --adapter NAME.");
    public static FindingCode FolderUnreadable { get; } = new(
        "TF1030", Information, "A sub-folder cannot be read, so that it is not known whether it holds an adapter; nothing of it was used.",
        "Nothing, unless the adapter lies in it: then make it readable.");
    public static FindingCode Safetensors { get; } = new(
        "TF1101", Error, "The safetensors file breaks a rule of its format, which the message names.",
        "Copy or download the file again; a file cut short is the usual cause.");
    public static FindingCode BeyondLimit { get; } = new(
        "TF1102", Error, "The file is larger, or says more, than is read from a file that may come from anywhere; nothing is known of it.",
        "Look at the numbers in the message: no adapter known to us comes near them. docs/limits.md has them all.");
    public static FindingCode TorchCheckpoint { get; } = new(
        "TF1201", Error, "The .bin file is not a checkpoint that can be read without running code, for the reason in the message.",
        "If you trust the file, load it in Python and save it as safetensors.");
    public static FindingCode NestedTensors { get; } = new(
        "TF1402", Warning,
        "The checkpoint does not hold the tensors themselves but a dictionary that does, beside a trainer's counters or settings; they were read from there.",
        "Nothing, if that is the adapter; no loader of adapters looks there, and the output holds the tensors alone.");
    public static FindingCode Npz { get; } = new(
        "TF1301", Error, "The npz archive cannot be read, for the reason in the message.", "Copy or download the file again.");
    public static FindingCode Json { get; } = new(
        "TF1401", Error, "The JSON file cannot be read, for the reason in the message.", "Correct the file at the line in the message.");
    public static FindingCode ForeignForm { get; } = new(
        "TF1065", Error, "The tensors are named as another program names them for itself; they are neither PEFT's nor MLX's.",
        "Export PEFT's form with the program that the message names.");
    public static FindingCode OtherConfig { get; } = new(
        "TF1066", Warning, "The config beside the weights file is that of the other dialect: it says nothing about these tensors and was not read.",
        "Put the weights file into a folder with its own config.");
    public static FindingCode NoAdapterContent { get; } = new(
        "TF1067", Error, "Neither the config nor the names of the tensors are those of an adapter.",
        "Check which program wrote the folder: PEFT names its factors lora_A and lora_B, MLX lora_a and lora_b.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        ConfigMissing, WeightsMissing, NoAdapter, SeveralAdapters, AdapterNotFound, NestedAdapterTaken, FolderUnreadable,
        SecondWeightsIgnored, OthersIgnored, DialectUnclear, ForeignForm, OtherConfig, NoAdapterContent, CheckpointTaken, Shard, OddWeightsName, Safetensors,
        BeyondLimit, TorchCheckpoint, NestedTensors, Npz, SideWeights,
        Json, NotRegularFile, Unfinished,
    ];
}
