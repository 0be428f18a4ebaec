using Transfuse.Apply.Fusing.Stages;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>A change and the weight that it is made to.</summary>
/// <param name="Weight">The base's name of the weight; for a tied head the name that it would have.</param>
/// <param name="Stage">The change.</param>
internal sealed record PlacedStage(string Weight, WeightStage Stage);
