using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>Opens the base's weights where they are there; a broken file becomes a finding.</summary>
internal static class OpenBaseWeights
{
    /// <summary>The weights, or <see langword="null"/> where there are none or they are broken.</summary>
    public static BaseWeights? Open(Run run)
    {
        try
        {
            return run.Base?.OpenWeights();
        }
        catch (ContainerException broken)
        {
            run.Log.Add(DamagedFile.Describe(broken));
            return null;
        }
    }
}
