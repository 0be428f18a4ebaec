namespace Transfuse.Apply.Saving;

/// <summary>What becomes of weights of the base that were trained beside the factors.</summary>
/// <seealso cref="Transfuse.Apply.Saving.SaveOptions" />
public enum UnfrozenWeights
{
    /// <summary>Where there are any, saving is refused and they are named.</summary>
    Refuse,

    /// <summary>They are saved beside the factors; without factors as a full fine-tune.</summary>
    Save,

    /// <summary>They are left out, and a warning names them.</summary>
    Leave,
}
