namespace Transfuse.Apply;

/// <summary>Why an adapter cannot be applied or saved.</summary>
/// <seealso cref="Transfuse.Apply.AdapterException" />
public enum AdapterError
{
    /// <summary>The folder cannot be read as an adapter.</summary>
    Unreadable,

    /// <summary>The model has no layer at a path that the adapter adapts.</summary>
    NoSuchLayer,

    /// <summary>The layer at a path is of another kind, or its sizes differ.</summary>
    DoesNotFit,

    /// <summary>The adapter changes the model by more than low-rank factors.</summary>
    NotOnlyFactors,

    /// <summary>The adapter is not loaded into the model, or another is.</summary>
    NotLoaded,

    /// <summary>There is nothing to save.</summary>
    Nothing,
}
