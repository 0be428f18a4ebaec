using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages.Write;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair;

/// <summary>Lays out the files of a repair: what does not change is copied byte for byte, or left alone in place.</summary>
internal static class RepairOutput
{
    /// <summary>The files, and what does not go along.</summary>
    /// <param name="content">The source.</param>
    /// <param name="plan">What changes.</param>
    /// <param name="layout">The config's layout.</param>
    /// <param name="isComplete">Whether the output is a new folder, which needs what does not change too.</param>
    public static Judged<OutputFolder> Of(AdapterContent content, MendedFolder plan, ConfigLayout layout, bool isComplete)
    {
        bool configChanges = plan.Config is not null && (content.Config is null || content.HasByteOrderMark || !JsonText.AreEqual(content.Config, plan.Config));
        bool tensorsChange = !UnchangedWeights.AreEqual(plan.Tensors, content.Weights.Tensors);
        bool keepsFile = !tensorsChange && !content.IsNested && plan.KeptNames.Contains(content.WeightsFile);
        bool copiesFile = !tensorsChange && !keepsFile && Path.GetExtension(content.WeightsFile) == Path.GetExtension(plan.WeightsFile);
        string weightsFile = keepsFile ? content.WeightsFile : plan.WeightsFile;
        Judged<ImmutableArray<CopiedFile>> beside = isComplete ? SideFiles.Of(content, [weightsFile]) : new([], []);
        var copies = ImmutableArray.CreateBuilder<CopiedFile>();
        if (copiesFile || (keepsFile && isComplete))
        {
            copies.Add(new CopiedFile(content.Source, content.WeightsFile, weightsFile));
        }

        copies.AddRange(beside.Value);
        if (isComplete && !configChanges && content.Config is not null)
        {
            copies.Add(new CopiedFile(content.Source, AdapterFiles.Config, AdapterFiles.Config));
        }

        var output = new OutputFolder(plan.Config, PythonJsonStyle.Report, weightsFile, plan.Tensors, plan.Metadata)
        {
            ConfigText = configChanges ? layout.Write(plan.Config!) : ReadOnlyMemory<byte>.Empty,
            WritesWeights = !keepsFile,
            Copies = copies.ToImmutable(),
        };
        return new Judged<OutputFolder>(output, beside.Findings);
    }
}
