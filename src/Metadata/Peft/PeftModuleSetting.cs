using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>What a config must give a module.</summary>
/// <param name="Path">The module's path, or for <c>target_parameters</c> the parameter's.</param>
/// <param name="Rank">Its rank; of experts the rank of one expert.</param>
/// <param name="Alpha">Its alpha, such as <see cref="PeftScaling.AlphaFor"/> gives.</param>
internal sealed record PeftModuleSetting(string Path, int Rank, JsonNumber Alpha);
