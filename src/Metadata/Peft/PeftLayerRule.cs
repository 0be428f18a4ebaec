namespace Transfuse.Metadata.Peft;

/// <summary>Which number in a module's path <c>layers_to_transform</c> is compared with.</summary>
internal enum PeftLayerRule
{
    /// <summary>PEFT 0.20.0 and later: the first number after a name, which is the layer.</summary>
    FirstIndex,

    /// <summary>PEFT 0.8 to 0.19: the last such number, which in mixtures of experts can be the expert.</summary>
    LastIndex,
}
