namespace Transfuse.Conversion.Readers;

/// <summary>Which modules of a model a reader wraps for a config.</summary>
internal abstract class ModuleReach
{
    /// <summary>Whether a module is wrapped.</summary>
    public abstract bool Wraps(string path);

    /// <summary>Whether a module would be wrapped if all layers were.</summary>
    public abstract bool WouldWrapInAllLayers(string path);
}
