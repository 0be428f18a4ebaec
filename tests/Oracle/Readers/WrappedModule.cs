namespace Transfuse.Oracle;

/// <summary>A module of an MLX model after a reader put a LoRA layer around it.</summary>
internal sealed record WrappedModule(MlxModule Module, long Rank, double Scale, bool Dora)
{
    public string Path => Module.Path;

    /// <summary>Shapes of the fresh parameters by leaf.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes
    {
        get
        {
            long[] shape = Module.Shape;
            Dictionary<string, long[]> shapes = Module.Kind switch
            {
                MlxModuleKind.SwitchLinear => new() { ["lora_a"] = [shape[0], Rank, shape[2]], ["lora_b"] = [shape[0], shape[1], Rank] },
                MlxModuleKind.Embedding => new() { ["lora_a"] = [shape[0], Rank], ["lora_b"] = [Rank, shape[1]] },
                _ => new() { ["lora_a"] = [shape[1], Rank], ["lora_b"] = [Rank, shape[0]] },
            };
            if (Dora)
            {
                shapes["m"] = [shape[0]];
            }

            return shapes;
        }
    }

    /// <summary>Puts the tensors of the file into the wrapped modules and reports what then acts on the model.</summary>
    public static void Bind(
        IEnumerable<WrappedModule> modules, IReadOnlyDictionary<string, DenseArray> tensors, MlxBase mlxBase, ReaderReport report)
    {
        foreach (WrappedModule module in modules)
        {
            DenseArray? a = tensors.GetValueOrDefault(module.Path + ".lora_a");
            DenseArray? b = tensors.GetValueOrDefault(module.Path + ".lora_b");
            DenseArray? m = module.Dora ? tensors.GetValueOrDefault(module.Path + ".m") : null;
            if (a is not null && b is not null)
            {
                module.Apply(a, b, m, mlxBase, report);
            }
            else if (a is null && b is null)
            {
                report.LeaveNeutral(module.Path);
                if (m is not null)
                {
                    report.Quietly($"{module.Path}: m without lora_a and lora_b scales the rows of the base weight");
                }
            }
            else
            {
                report.Quietly(b is null
                    ? $"{module.Path}: lora_a without lora_b has no effect"
                    : $"{module.Path}: lora_b without lora_a is multiplied by a random lora_a");
            }
        }
    }

    private void Apply(DenseArray a, DenseArray b, DenseArray? m, MlxBase mlxBase, ReaderReport report)
    {
        OracleDelta delta;
        try
        {
            delta = MlxOracle.Delta(Path, a, b, Scale, Module.Kind == MlxModuleKind.Embedding);
        }
        catch (ArgumentException problem)
        {
            report.Quietly($"{Path}: factors do not multiply: {problem.Message}");
            return;
        }

        if (!delta.Delta.Shape.AsSpan().SequenceEqual(Module.Shape))
        {
            report.Quietly($"{Path}: delta {delta.Delta.ShapeText} does not fit the weight [{string.Join(", ", Module.Shape)}]");
            return;
        }

        if (Dora && m is null)
        {
            report.Quietly($"{Path}: DoRA without m renormalises W + delta to the rows of the base weight");
            m = mlxBase.WeightOf(Path) is { } weight ? new DenseArray([Module.Shape[0]], Dense.RowNorms(weight)) : null;
        }

        report.Apply(delta with { Magnitude = m });
    }
}
