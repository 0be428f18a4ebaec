using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages.Write;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair;

/// <summary>Lays out the files of a repair: what does not change is copied byte for byte, or left alone in place.</summary>
internal static class RepairOutput
{
    /// <summary>The files.</summary>
    /// <param name="content">The source.</param>
    /// <param name="plan">What changes.</param>
    /// <param name="layout">The config's layout.</param>
    /// <param name="isComplete">Whether the output is a new folder, which needs what does not change too.</param>
    /// <param name="log">Receives what does not go along.</param>
    public static OutputFolder Of(AdapterContent content, RepairPlan plan, ConfigLayout layout, bool isComplete, FindingLog log)
    {
        bool configChanges = content.Config is null || content.HasByteOrderMark || !JsonText.AreEqual(content.Config, plan.Config);
        bool tensorsChange = !UnchangedWeights.AreEqual(plan.Tensors, content.Weights.Tensors);
        bool keepsFile = !tensorsChange && !content.IsNested && plan.KeptNames.Contains(content.WeightsFile);
        bool copiesFile = !tensorsChange && !keepsFile && Path.GetExtension(content.WeightsFile) == Path.GetExtension(plan.WeightsFile);
        string weightsFile = keepsFile ? content.WeightsFile : plan.WeightsFile;
        var copies = ImmutableArray.CreateBuilder<CopiedFile>();
        if (copiesFile || (keepsFile && isComplete))
        {
            copies.Add(new CopiedFile(content.Source, content.WeightsFile, weightsFile));
        }

        if (isComplete)
        {
            copies.AddRange(SideFiles.Of(content, [weightsFile], log));
            if (!configChanges)
            {
                copies.Add(new CopiedFile(content.Source, AdapterFiles.Config, AdapterFiles.Config));
            }
        }

        return new OutputFolder(plan.Config, PythonJsonStyle.Report, weightsFile, plan.Tensors, plan.Metadata)
        {
            ConfigText = configChanges ? layout.Write(plan.Config) : ReadOnlyMemory<byte>.Empty,
            WritesWeights = !keepsFile,
            Copies = copies.ToImmutable(),
        };
    }
}
