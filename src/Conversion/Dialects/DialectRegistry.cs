using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>The dialects that are known, and which of them a folder is of.</summary>
/// <param name="All">The dialects.</param>
internal sealed record DialectRegistry(ImmutableArray<Dialect> All)
{
    /// <summary>All that there are.</summary>
    public static DialectRegistry Default { get; } = new([new PeftDialect(PeftMethods.Default), new MlxDialect()]);

    /// <summary>The names of all weights files, in the order in which loaders look for them.</summary>
    public ImmutableArray<string> WeightsFiles => [.. All.SelectMany(dialect => dialect.WeightsFiles)];

    /// <summary>The dialect of a name.</summary>
    public Dialect Of(AdapterDialect id) => All.First(dialect => dialect.Id == id);

    /// <summary>Whether a file that is named so is the weights of an adapter.</summary>
    public bool HasFile(string fileName) => All.Any(dialect => dialect.HasFile(fileName));

    /// <summary>Whether a tensor's name is that of an adapter's, in any dialect or in a form that is known by its program's name.</summary>
    public bool HasFactor(string name) => All.Any(dialect => dialect.HasFactor(name)) || ForeignForm.Has(name);

    /// <summary>How to open a weights file of a form that only its dialect has; <see langword="null"/> where its ending tells.</summary>
    public Func<IByteSource, ITensorContainer>? OpenerOf(string fileName) => All.FirstOrDefault(dialect => dialect.HasFile(fileName))?.OpenerOf(fileName);

    /// <summary>
    /// The dialect, from its config's fields, its tensors' names and its file's, and what belongs to it: a config of another dialect is not the adapter's and
    /// is set aside, so that its file is read as one without a config. <see langword="null"/> with an error where nothing tells, or where it is a form of
    /// another program.
    /// </summary>
    public (Dialect Dialect, AdapterContent Content)? Detect(AdapterContent content, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        if (ForeignForm.Of(content.Weights.Tensors) is { } foreign)
        {
            log.Add(ContainerCodes.ForeignForm.At(Path.Combine(content.Name, content.WeightsFile), foreign));
            return null;
        }

        if (content.Config is { } config && DialectFields.IsModel(config))
        {
            log.Add(ConfigCodes.ModelConfig.At(
                configFile, "is the config.json of a "
                + $"model{(config["model_type"] is JsonString type ? $" (model_type {ConfigFields.Shorten(type.Value)})" : string.Empty)}"));
            return null;
        }

        Dialect? byTensors = Only(dialect => content.Weights.Tensors.Any(tensor => dialect.HasTensor(tensor.Name)));
        Dialect? byConfig = content.Config is { } own ? OfConfig(own) : null;
        if (byTensors is not null && byConfig is not null && byTensors != byConfig)
        {
            log.Add(ContainerCodes.OtherConfig.At(
                configFile, $"is that of {byConfig.Id}, and the tensors of {content.WeightsFile} are those of {byTensors.Id}: it was not read"));
            return (byTensors, content with { Config = null, HasByteOrderMark = false });
        }

        if ((byTensors ?? byConfig ?? Only(dialect => dialect.HasFile(content.WeightsFile))) is { } found)
        {
            return (found, content);
        }

        log.Add(ContainerCodes.NoAdapterContent.At(content.Name, $"neither the config nor the tensors of {content.WeightsFile} are those of an adapter"));
        return null;
    }

    private Dialect? OfConfig(JsonObject config) => All.Any(dialect => dialect.Judge(config) == Claim.Plain)
        ? Only(dialect => dialect.Judge(config) == Claim.Plain)
        : Only(dialect => dialect.Judge(config) == Claim.Likely);

    private Dialect? Only(Func<Dialect, bool> claims) => All.Where(claims).Take(2).ToArray() is [var only] ? only : null;
}
