using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers;

/// <summary>One folder in front of one reader: its files as they stand, the base, and what is found.</summary>
internal sealed class CheckContext
{
    private readonly IReaderFiles _files;
    private readonly Reader _reader;
    private readonly FindingLog _log = new();
    private readonly Lazy<BaseWeights?> _baseWeights;

    public CheckContext(IReaderFiles files, Reader reader, ReaderTerms terms, CancellationToken cancellationToken)
    {
        _files = files;
        _reader = reader;
        Terms = terms;
        CancellationToken = cancellationToken;
        _baseWeights = new Lazy<BaseWeights?>(FindBaseWeights);
        ModelType = terms.ModelType ?? terms.Base?.Config.ModelType;
        Architecture = ModelType is null ? null : ArchitectureTable.Default.Find(ModelType);
        if (ModelType is not null && Architecture is null)
        {
            Report(CheckCodes.BaseUnknown, ModelType, "is not in the table of architectures");
        }
    }

    /// <summary>What was found so far.</summary>
    public ImmutableArray<Finding> Findings => _log.ToSorted();

    /// <summary>What the caller tells.</summary>
    public ReaderTerms Terms { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The base's <c>model_type</c>, where it is known.</summary>
    public string? ModelType { get; }

    /// <summary>The base's entry in the table, where it is known.</summary>
    public Architecture? Architecture { get; }

    public BaseConfig? BaseConfig => Terms.Base?.Config;

    public bool HasFile(string fileName) => _files.FileNames.Contains(fileName);

    public IEnumerable<string> FileNames => _files.FileNames;

    /// <summary>Adds a finding; its message starts with the reader's name.</summary>
    public void Report(FindingCode code, string subject, string message) => _log.Add(code.At(subject, $"{_reader.Name}: {message}"));

    /// <summary>Reports what the reader does with several subjects.</summary>
    public void Report(FindingCode code, IReadOnlyList<string> subjects, string message) => _log.Add(code.At(subjects, $"{_reader.Name}: {message}"));

    /// <summary>The config, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="complaint">What the reader says where there is none.</param>
    public JsonObject? ReadConfig(string complaint)
    {
        if (!HasFile(AdapterFiles.Config))
        {
            Report(CheckCodes.ConfigMissing, AdapterFiles.Config, complaint);
            return null;
        }

        if (_reader.IsPython && _files.HasByteOrderMark(AdapterFiles.Config))
        {
            Report(CheckCodes.ConfigUnreadable, AdapterFiles.Config, "JSONDecodeError: Unexpected UTF-8 BOM (decode using utf-8-sig)");
        }

        return ReadJson(AdapterFiles.Config);
    }

    /// <summary>
    /// The config, or <see langword="null"/> with an error in the log: there is none, or it is that of a dialect that the reader does not read.
    /// </summary>
    /// <param name="complaint">What the reader says where there is none.</param>
    /// <param name="ofOther">What it says to one of another dialect.</param>
    public JsonObject? ReadConfig(string complaint, string ofOther)
    {
        JsonObject? config = ReadConfig(complaint);
        if (config is not null && (_reader.IsMlx ? !DialectFields.IsPeft(config) : !DialectFields.IsMlx(config)))
        {
            return config;
        }

        if (config is not null)
        {
            Report(CheckCodes.OtherDialect, AdapterFiles.Config, ofOther);
        }

        return null;
    }

    /// <summary>Another JSON object of the folder, or <see langword="null"/> where it cannot be read, with an error in the log.</summary>
    public JsonObject? ReadJson(string fileName) =>
        _files.ReadJson(fileName, _log, _reader.IsPython
            ? oddity => Report(CheckCodes.OddityTaken, fileName, $"{oddity}; Python's json reads it, and takes the last value of a name") : null);

    /// <summary>The tensors of the first of these files that is there, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="complaint">What the reader says where none is there.</param>
    /// <param name="fileNames">The names that the reader tries, in its order.</param>
    public ITensorContainer? OpenWeights(string complaint, params ReadOnlySpan<string> fileNames)
    {
        foreach (string fileName in fileNames)
        {
            if (HasFile(fileName))
            {
                if (_files.OpenWeights(fileName, _log,
                    _reader.IsMlx ? oddity => Report(CheckCodes.OddityTaken, fileName, $"{oddity}; MLX passes over what follows") : null) is not { } container)
                {
                    return null;
                }

                if (container is TorchCheckpointFile { Nested: { } nested })
                {
                    // The loaders take the keys of the saved dictionary for names of tensors.
                    Report(
                        CheckCodes.TensorIgnored, fileName,
                        $"its {container.Tensors.Length} tensors lie in a dictionary below {nested}; {nested} and what is beside it are taken for names of "
                        + "tensors, of which none is a factor");
                    return null;
                }

                if (container.Tensors.IsEmpty)
                {
                    Report(CheckCodes.NoEffect, fileName, "has no tensor, so nothing is added to the model");
                }

                if (Terms.LooksAtValues)
                {
                    FactorValues.Check(this, container);
                }

                return container;
            }
        }

        string[] others = [.. FileNames.Where(AdapterFiles.HoldsTensors)];
        Report(CheckCodes.WeightsMissing, fileNames[0], complaint + (others is [] ? string.Empty : $"; the folder has {string.Join(", ", others)}"));
        return null;
    }

    /// <summary>The base's weights, where it was given and has them that can be read; open until all readers have looked.</summary>
    public BaseWeights? BaseWeights => _baseWeights.Value;

    private BaseWeights? FindBaseWeights()
    {
        (BaseWeights? weights, string? whyNot) = _files.BaseWeights;
        if (whyNot is not null)
        {
            Report(CheckCodes.BaseUnknown, Terms.Base!.Folder, $"its weights were not used: {whyNot}");
        }

        return weights;
    }
}
