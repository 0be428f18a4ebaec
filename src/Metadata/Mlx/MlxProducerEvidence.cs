namespace Transfuse.Metadata.Mlx;

/// <summary>What the form of a folder tells of the version that wrote it, held against what the caller says.</summary>
internal static class MlxProducerEvidence
{
    private const string Lm = "mlx-lm";
    private const string Vlm = "mlx-vlm";

    // The first versions with a form, and the days on which it came.
    private static readonly (Version Version, DateOnly Day) Folders = (new Version(0, 6, 0), new DateOnly(2024, 4, 2));
    private static readonly (Version Version, DateOnly Day) UseDora = (new Version(0, 13, 1), new DateOnly(2024, 5, 16));
    private static readonly (Version Version, DateOnly Day) AlphaDropped = (new Version(0, 14, 2), new DateOnly(2024, 6, 2));
    private static readonly (Version Version, DateOnly Day) NumLayers = (new Version(0, 19, 0), new DateOnly(2024, 9, 30));
    private static readonly (Version Version, DateOnly Day) VlmParameters = (new Version(0, 6, 0), new DateOnly(2026, 5, 15));

    /// <summary>
    /// Why the producer cannot have written the folder, as the end of a sentence whose subject is the producer; <see langword="null"/> where it can.
    /// </summary>
    /// <param name="evidence">The folder and the producer.</param>
    public static string? Contradiction(MlxScaleEvidence evidence)
    {
        if (evidence.Producer is not { } producer)
        {
            return null;
        }

        if (evidence.Config is not { } config)
        {
            return evidence.IsArchive && producer is { Program: Lm } && producer.IsBefore(Lm, Folders.Version, Folders.Day) == false
                ? "writes a config, and an archive without one is of mlx-lm before 0.6"
                : null;
        }

        return config.IsLegacyVlm ? AgainstLegacyVlm(producer) : AgainstLm(producer, config) ?? AgainstVlm(producer, config);
    }

    // A day only tells what did not exist yet: old versions go on being used.
    private static string? AgainstLm(MlxProducer producer, MlxConfigView config)
    {
        return IsBefore(Folders) ? "wrote no adapter_config.json, which came with mlx-lm 0.6"
            : config.HasCurrentField
                && !config.HasOldField
                && IsBefore(NumLayers) ? $"wrote no {(config.Json.Contains("num_layers") ? "num_layers" : "fine_tune_type")}, which came with mlx-lm 0.19"
            : config.Json.Contains("use_dora") && IsBefore(UseDora) ? "wrote no use_dora, which came with mlx-lm 0.13.1"
            : config.HasLoraLayers
                && !config.HasCurrentField
                && !config.Json.Contains("use_dora")
                && config.Parameters.Contains("alpha")
                && producer.IsBefore(Lm, AlphaDropped.Version, AlphaDropped.Day) == false
                ? "always wrote use_dora, which is not there: mlx-lm before 0.13.1 wrote this"
            : config.HasLoraLayers
                && producer is { Program: Lm }
                && producer.IsBefore(Lm, NumLayers.Version, NumLayers.Day) == false ? "wrote num_layers, but lora_layers is there, its name before mlx-lm 0.19"
            : null;

        bool IsBefore((Version Version, DateOnly Day) change) => producer.IsBefore(Lm, change.Version, change.Day) == true;
    }

    private static string? AgainstVlm(MlxProducer producer, MlxConfigView config) => config.Json.Contains("lora_parameters") && producer is { Program: Vlm }
        && producer.IsBefore(Vlm, VlmParameters.Version, VlmParameters.Day) == true ? "wrote no lora_parameters, which came with mlx-vlm 0.6" : null;

    private static string? AgainstLegacyVlm(MlxProducer producer) =>
        producer is { Program: Vlm } && producer.IsBefore(Vlm, VlmParameters.Version, VlmParameters.Day) == false
        ? "wrote lora_parameters, but rank and alpha are at the top, as mlx-vlm before 0.6 wrote" : null;
}
