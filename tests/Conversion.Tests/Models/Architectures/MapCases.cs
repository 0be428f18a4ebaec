using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>What tests over the whole table share: the maps of a model type, its modules, and the way of a change of its weights.</summary>
internal static class MapCases
{
    /// <summary>The maps of a model type: both layouts, and both forms of models that exist with and without experts.</summary>
    public static IEnumerable<(ArchitectureMap Map, HfLayout Layout)> Cases(string modelType)
    {
        Architecture architecture = ArchitectureTable.Default.Find(modelType)! with { RefusedModels = [] };
        foreach (HfLayout layout in new[] { HfLayout.Transformers4, HfLayout.Transformers5 })
        {
            yield return (new ArchitectureMap(architecture, SyntheticBase.Config(), allowLowConfidence: true), layout);
            if (modelType == "granitemoehybrid")
            {
                yield return (new ArchitectureMap(architecture, SyntheticBase.Config(dense: true), allowLowConfidence: true), layout);
            }
        }
    }

    public static List<HfMapping> HfModules(ArchitectureMap map, HfLayout layout)
    {
        List<HfMapping> modules = [];
        foreach (string path in SyntheticBase.MlxModules(map.Architecture))
        {
            HfMapping mapping = map.MapToHuggingFace(path, layout);
            if (mapping.Finding is null)
            {
                modules.Add(mapping);
            }
            else
            {
                Assert.Contains(mapping.Finding.Code.Id, new[] { "TF4016", "TF4018" });
                Assert.True(map.Architecture.ModelType == "granitemoehybrid", mapping.Finding.ToString());
            }
        }

        Assert.True(modules.Count > 0);
        return modules;
    }

    /// <summary>Output rows and columns of the Hugging Face matrix (of one expert, where a parameter holds several).</summary>
    public static (long Rows, long Columns) Extent(ArchitectureMap map, HfMapping mapping)
    {
        if (mapping.Scale.Length > 1)
        {
            return (mapping.Scale.Sum(scale => scale.Rows!.Value), 5);
        }

        long part = mapping.Path.Contains("down", StringComparison.Ordinal) ? 4 : 6;
        return (part * mapping.Partners.Length, 10 - part + (map.Architecture.ModelType.Length % 2));
    }

    /// <summary>Sends a change of a Hugging Face tensor through the weight rules.</summary>
    public static Dictionary<string, NdArray> Weights(ArchitectureMap map, HfLayout layout, HfMapping module, string path, NdArray[] deltas)
    {
        NdArray tensor = deltas[0];
        string name = path + ".weight";
        if (module.Form == HfForm.Packed)
        {
            PackedLayout inFile = map.MapToHuggingFace(module.Source, HfLayout.Checkpoint) is { Form: HfForm.Packed } file && file.Path.EndsWith(path[path.LastIndexOf('.')..], StringComparison.Ordinal)
                ? file.Packed!.Layout!.Value
                : module.Packed!.Layout!.Value;
            tensor = NdArray.Stack([.. deltas.Select(delta => inFile == PackedLayout.InOut ? delta.Transpose() : delta)]);
            name = path;
        }
        else if (module.Form == HfForm.ExpertRows)
        {
            name = path;
        }
        else if (map.Architecture.ModelType == "gpt2" && module.Layer is not null)
        {
            tensor = tensor.Transpose();
        }

        TensorMapping mapping = map.MapTensor(name);
        Assert.Null(mapping.Finding);
        Assert.True(mapping.IsExact, $"{name} in {layout}");
        return mapping.Targets.ToDictionary(
            target => target.Name[..^".weight".Length],
            target => target.Steps.Where(step => step is not ModuleStep.StackExpert).Aggregate(tensor, (value, step) => value.Apply(step, true)));
    }
}
