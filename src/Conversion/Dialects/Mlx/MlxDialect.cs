using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Mlx.Mending;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Adapters of mlx-lm, mlx-swift-lm, mlx-vlm and Unsloth on MLX.</summary>
internal sealed class MlxDialect : Dialect
{
    private static readonly string[] Understood =
    [
        "adapter_path", "base_model_commit_hash", "base_model_revision", "dropout", "fine_tune_type", "lora_layers", "lora_parameters", "model", "num_layers",
        "rank", "scale",
        MlxTopology.Field,
    ];

    public override AdapterDialect Id => AdapterDialect.Mlx;

    public override ModelLayout Layout => ModelLayout.Mlx;

    public override ImmutableArray<string> WeightsFiles { get; } = [AdapterFiles.MlxWeights, AdapterFiles.MlxArchive];

    public override TargetProfile Reader => TargetProfile.MlxLm;

    public override PythonJsonStyle ConfigStyle => PythonJsonStyle.MlxLm;

    public override bool ReadsDouble => false;

    // mlx-lm, self.scale * z: a Python number takes the array's dtype.
    public override bool ScalesInHalf => true;

    public override bool HasFile(string fileName) => base.HasFile(fileName) || AdapterFiles.IsNumberedCheckpoint(fileName);

    public override Claim Judge(JsonObject config) =>
        DialectFields.HasMlx(config) || (config.Contains("rank") && !config.Contains("peft_type")) ? Claim.Plain : Claim.None;

    public override bool HasTensor(string name) => TensorNames.HasSegment(name, "lora_a") || TensorNames.HasSegment(name, "lora_b");

    public override bool Understands(string field) => Understood.Contains(field);

    // Without keys MLX's readers wrap every layer of the last num_layers; keys below a layer hold for all of these.
    public override Func<string, bool> Reach(JsonObject config)
    {
        var view = new MlxConfigView(config);
        if (view.Parameters["keys"] is null or JsonNull)
        {
            return _ => !view.IsUnsloth;
        }

        HashSet<string> keys = [.. view.Keys ?? []];
        return path => ModulePath.TryParse(path, out ModulePath parsed) && parsed.IsInLayer && keys.Contains(parsed.Relative);
    }

    public override DialectReading Read(AdapterContent content, ReadOptions options, FindingLog log) => new MlxReading(content, options);

    public override OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log) => MlxWriter.Write(adapter, context, log);

    public override FolderMending Mend(AdapterContent content, ReadOptions options, FindingLog log) => new MlxFolderMending(content, options);
}
