namespace Transfuse.Metadata.Peft;

/// <summary>How sure a module's alpha is.</summary>
internal enum PeftPatternAgreement
{
    /// <summary>Every way of reading the patterns gives the tensors' rank and one alpha.</summary>
    Certain,

    /// <summary>The ways of reading differ; those that give the tensors' rank give one alpha.</summary>
    SettledByRank,

    /// <summary>No way of reading gives the tensors' rank; all give one alpha.</summary>
    RankContradicted,

    /// <summary>The ways of reading that remain give different alphas.</summary>
    AlphaAmbiguous,
}
