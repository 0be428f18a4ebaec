using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.BaseChecks;

/// <summary>
/// PEFT finds modules by their names alone: under a root that the model does not have, it ignores an adapter that every other program would understand.
/// </summary>
internal static class LiveNames
{
    /// <summary>Names the modules of a PEFT adapter that are those of the base but for their root.</summary>
    public static void Check(Adapter adapter, Run run)
    {
        string[] odd = [.. adapter.Modules.Select(module => module.Path.Text).Where(path => IsOdd(path, run))];
        if (odd.Length > 0)
        {
            run.Log.Add(ArchitectureCodes.RootUnknown.At(
                odd, $"the base has no module of this name, so that PEFT would ignore its factors; {run.Base!.Config.Architecture!.Layers.Transformers5} is "
                + "where its layers are"));
        }
    }

    /// <summary>Whether a path is that of a module of the base but for its root.</summary>
    public static bool IsOdd(string path, Run run) =>
        run.Base?.Config is { IsBare: false, Architecture: { } architecture } && !HfPaths.IsExact(architecture, path)
            && HfPaths.Resolve(architecture, path) is not null;
}
