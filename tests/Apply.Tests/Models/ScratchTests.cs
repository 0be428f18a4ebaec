using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Models;

public class ScratchTests
{
    [Fact]
    public void All()
    {
        using var backend = new ManagedBackend();
        var lines = new List<string>();
        foreach (string name in ModelCase.Names)
        {
            ModelCase c = ModelCase.Load(name);
            try
            {
                using LanguageModel model = LanguageModel.Load(c.Base, backend);
                double error = ModelCase.Largest(c.LogitsBase, c.UsesCache ? model.Logits(c.Ids, model.NewCache(), 2) : model.Logits(c.Ids, 2));
                int[] generated = [.. model.Generate(c.Ids[..20]).Take(8)];
                using AdapterContainer adapter = AdapterContainer.FromFolder(c.Adapter, model.Source);
                adapter.LoadInto(model);
                double adapted = ModelCase.Largest(c.LogitsAdapter, c.UsesCache ? model.Logits(c.Ids, model.NewCache(), 2) : model.Logits(c.Ids, 2));
                int[] generatedA = [.. model.Generate(c.Ids[..20]).Take(8)];
                bool ok = error < 1e-3 && adapted < 1e-3 && generated.SequenceEqual(c.GeneratedBase) && generatedA.SequenceEqual(c.GeneratedAdapter);
                lines.Add($"{(ok ? "ok " : "BAD")} {name} {error:G3} {adapted:G3} {generated.SequenceEqual(c.GeneratedBase)} {generatedA.SequenceEqual(c.GeneratedAdapter)}");
            }
            catch (Exception e) { lines.Add($"ERR {name} {e.GetType().Name} {e.Message} {(e is ModelException or AdapterException ? "" : e.StackTrace)}"); }
        }
        File.WriteAllLines("/tmp/scratch.txt", lines.Order());
    }
}
