using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Sorts the tensors of an MLX file: factors to their modules, the rest by what it is. None is skipped.</summary>
internal static class MlxTensorSorter
{
    public static (ImmutableArray<MlxModuleFactors> Modules, ImmutableArray<OtherTensor> Others) Sort(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        var modules = new SortedDictionary<string, MlxModuleFactors>(StringComparer.Ordinal);
        var others = ImmutableArray.CreateBuilder<OtherTensor>();
        HashSet<string> names = [.. tensors.Select(tensor => tensor.Name)];
        bool hasCurrentNames = names.Any(name => MlxTensorName.Parse(name) is { Factor: MlxFactor.A or MlxFactor.B, Form: not MlxFactorForm.Legacy });
        foreach (NamedTensor tensor in tensors)
        {
            MlxTensorName name = MlxTensorName.Parse(tensor.Name);
            switch (name.Factor)
            {
                case MlxFactor.A or MlxFactor.B when !IsParameter(name):
                    Add(Module(name.Module), name, tensor, log);
                    break;
                case MlxFactor.Magnitude:
                    Module(name.Module).Magnitude = tensor;
                    break;
                case MlxFactor.ListItem:
                    log.Add(TensorCodes.UnknownTensor.At(
                        tensor.Name, "is one of several factors of a fused module (afm7), which mlx-lm 0.32 refuses to load too"));
                    break;
                default:
                    others.Add(new OtherTensor(OtherTensorKind.WholeModule, tensor.Name, tensor.Name, tensor.Tensor));
                    break;
            }
        }

        ImmutableArray<MlxModuleFactors> all = [.. modules.Values];

        // A parameter that is merely called m, of a module without factors, is no magnitude.
        foreach (MlxModuleFactors plain in all.Where(module => module is { A: null, B: null, Magnitude: not null }))
        {
            NamedTensor tensor = plain.Magnitude!.Value;
            others.Add(new OtherTensor(OtherTensorKind.WholeModule, tensor.Name, tensor.Name, tensor.Tensor));
        }

        ImmutableArray<MlxModuleFactors> adapted = [.. all.Where(module => module is not { A: null, B: null })];
        HashSet<string> paths = [.. adapted.Select(module => module.Path)];
        return (adapted, [.. others.Select(tensor => ForeignTensors.Name(tensor, paths))]);

        // Beside factors of today's names, A or B alone is a parameter of the base that is merely called so, as state-space models have.
        bool IsParameter(MlxTensorName name) =>
            hasCurrentNames && name.Form == MlxFactorForm.Legacy && !(names.Contains(name.Module + ".A") && names.Contains(name.Module + ".B"));

        MlxModuleFactors Module(string path)
        {
            if (!modules.TryGetValue(path, out MlxModuleFactors? module))
            {
                modules.Add(path, module = new MlxModuleFactors(path));
            }

            return module;
        }
    }

    private static void Add(MlxModuleFactors module, MlxTensorName name, NamedTensor tensor, FindingLog log)
    {
        bool isA = name.Factor == MlxFactor.A;
        if ((isA ? module.A : module.B) is not null || ((module.A ?? module.B) is not null && module.Form != name.Form))
        {
            log.Add(TensorCodes.DuplicateModule.At(tensor.Name, $"the file has factors of {module.Path} under two names"));
            return;
        }

        module.Form = name.Form;
        (module.A, module.B) = isA ? (tensor.Tensor, module.B) : (module.A, tensor.Tensor);
    }
}
