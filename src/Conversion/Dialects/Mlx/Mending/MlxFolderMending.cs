using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx.Mending;

/// <summary>Mends MLX folders: the config says what the tensors are, and the tensors have the form of current readers.</summary>
/// <param name="content">The folder.</param>
/// <param name="options">What is known beside it.</param>
internal sealed class MlxFolderMending(AdapterContent content, ReadOptions options) : FolderMending
{
    public override AdapterContent Readable => content;

    public override TargetProfile? ReaderOf(Adapter adapter, FindingLog log)
    {
        double stated = adapter.Modules[0].Scale;
        if ((float)stated <= 0 && options.Given.Scale is null)
        {
            string scale = FormattableString.Invariant($"{stated:R}");
            log.Add(MlxConfigCodes.FieldUnusable.At(
                AdapterFiles.Config, $"lora_parameters.scale is {scale}, which no training writes; give the right one, or --scale {scale} to confirm it"));
            return null;
        }

        return MlxIntendedReader.Of(new MlxConfigView(adapter.SourceConfig), adapter, content);
    }

    // mlx-lm refuses whatever is no factor. The other readers load weights of the base, and nothing else.
    public override bool HasPlace(OtherTensor tensor, TargetProfile reader) => reader.LoadsBaseWeights && tensor.Kind == OtherTensorKind.WholeModule;

    public override MendedFolder Complete(Adapter read, Adapter adapter, TargetProfile reader, FindingLog log)
    {
        var view = new MlxConfigView(read.SourceConfig);
        var editor = new ConfigEditor(read.SourceConfig);
        MlxConfigRepair.Apply(editor, adapter, view, MlxIntendedReader.FormsOf(view, adapter, reader), options, log);
        editor.ClearNonFinite(log);
        ImmutableArray<NamedTensor> tensors = MlxWriter.Tensors(adapter);
        return new MendedFolder
        {
            Config = editor.Config,
            Tensors = tensors,
            WeightsFile = AdapterFiles.MlxWeights,
            KeptNames = [AdapterFiles.MlxWeights],
            Changes = [.. editor.Changes, .. MlxTensorChanges.Of(content, read, adapter, tensors)],
        };
    }
}
