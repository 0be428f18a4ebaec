using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Checking;

/// <summary>One folder in front of one reader: its files as they stand, the base, and where findings go.</summary>
internal sealed class CheckContext : IDisposable
{
    private readonly IAdapterSource _source;
    private readonly string _reader;
    private readonly FindingLog _log;
    private readonly List<IDisposable> _opened = [];
    private readonly Lazy<BaseWeights?> _baseWeights;

    public CheckContext(IAdapterSource source, string reader, CheckOptions options, FindingLog log, CancellationToken cancellationToken)
    {
        _source = source;
        _reader = reader;
        _log = log;
        Options = options;
        CancellationToken = cancellationToken;
        _baseWeights = new Lazy<BaseWeights?>(OpenBaseWeights);
        ModelType = options.ModelType ?? options.Base?.Config.ModelType;
        Architecture = ModelType is null ? null : ArchitectureTable.Default.Find(ModelType);
        if (ModelType is not null && Architecture is null)
        {
            Report(CheckCodes.BaseUnknown, ModelType, "is not in the table of architectures");
        }
    }

    public string Reader => _reader;

    public CheckOptions Options { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The base's <c>model_type</c>, where it is known.</summary>
    public string? ModelType { get; }

    /// <summary>The base's entry in the table, where it is known.</summary>
    public Architecture? Architecture { get; }

    public BaseConfig? BaseConfig => Options.Base?.Config;

    // Swift has a parser of its own.
    private bool IsPython => _reader != TargetProfile.MlxSwift.Name;

    private bool IsMlx => TargetProfile.Find(_reader)?.Dialect == AdapterDialect.Mlx;

    public bool HasFile(string fileName) => _source.FileNames.Contains(fileName);

    public IEnumerable<string> FileNames => _source.FileNames;

    /// <summary>Adds a finding; its message starts with the reader's name.</summary>
    public void Report(FindingCode code, string subject, string message) => _log.Add(code.At(subject, $"{_reader}: {message}"));

    /// <summary>Reports what the reader does with several subjects.</summary>
    public void Report(FindingCode code, IReadOnlyList<string> subjects, string message) => _log.Add(code.At(subjects, $"{_reader}: {message}"));

    /// <summary>The config, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="complaint">What the reader says where there is none.</param>
    public JsonObject? ReadConfig(string complaint)
    {
        if (!HasFile(AdapterFiles.Config))
        {
            Report(CheckCodes.ConfigMissing, AdapterFiles.Config, complaint);
            return null;
        }

        if (IsPython && SourceFiles.HasByteOrderMark(_source, AdapterFiles.Config))
        {
            Report(CheckCodes.ConfigUnreadable, AdapterFiles.Config, "JSONDecodeError: Unexpected UTF-8 BOM (decode using utf-8-sig)");
        }

        return ReadJson(AdapterFiles.Config);
    }

    /// <summary>Another JSON object of the folder, or <see langword="null"/> where it cannot be read, with an error in the log.</summary>
    public JsonObject? ReadJson(string fileName) =>
        SourceFiles.ReadJson(_source, fileName, _log, IsPython ? oddity => Report(CheckCodes.OddityTaken, fileName, $"{oddity}; Python's json reads it, and takes the last value of a name") : null);

    /// <summary>The tensors of the first of these files that is there, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="complaint">What the reader says where none is there.</param>
    /// <param name="fileNames">The names that the reader tries, in its order.</param>
    public RawTensors? OpenWeights(string complaint, params ReadOnlySpan<string> fileNames)
    {
        foreach (string fileName in fileNames)
        {
            if (HasFile(fileName))
            {
                if (SourceFiles.OpenWeights(_source, fileName, _log, IsMlx ? oddity => Report(CheckCodes.OddityTaken, fileName, $"{oddity}; MLX passes over what follows") : null) is not { } container)
                {
                    return null;
                }

                var tensors = new RawTensors(Keep(container).Tensors);
                if (tensors.All.IsEmpty)
                {
                    Report(CheckCodes.NoEffect, fileName, "has no tensor, so nothing is added to the model");
                }

                if (Options.LooksAtValues)
                {
                    FactorValues.Check(this, tensors);
                }

                return tensors;
            }
        }

        string[] others = [.. FileNames.Where(name => Path.GetExtension(name) is ".safetensors" or ".npz" or ".bin")];
        Report(CheckCodes.WeightsMissing, fileNames[0], complaint + (others is [] ? string.Empty : $"; the folder has {string.Join(", ", others)}"));
        return null;
    }

    /// <summary>The base's weights, where it was given and has them that can be read; open until the check ends.</summary>
    public BaseWeights? BaseWeights => _baseWeights.Value;

    public void Dispose()
    {
        foreach (IDisposable opened in _opened)
        {
            opened.Dispose();
        }
    }

    private BaseWeights? OpenBaseWeights()
    {
        try
        {
            if (Options.Base?.OpenWeights() is not { } weights)
            {
                return null;
            }

            if (Keep(weights).IsComplete)
            {
                return weights;
            }

            Report(CheckCodes.BaseUnknown, Options.Base!.Folder, "its weights were not used: some of the files that its index names are missing");
            return null;
        }
        catch (ContainerException broken)
        {
            Report(CheckCodes.BaseUnknown, Options.Base!.Folder, $"its weights were not used: {broken.Detail}");
            return null;
        }
    }

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
