namespace Transfuse.Apply.Fusing.Stages;

/// <summary>One change that an adapter makes to a weight. Describes; nothing is loaded before it is opened.</summary>
internal abstract class WeightStage
{
    /// <summary>What it does, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>Loads what it needs.</summary>
    /// <param name="before">The weight as the stages before this one leave it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public abstract IOpenStage Open(WeightRows before, CancellationToken cancellationToken);
}
