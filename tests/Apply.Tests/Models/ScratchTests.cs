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
                double error = ModelCase.Largest(c.LogitsBase, model.Logits(c.Ids, 2));
                lines.Add($"{(error < 1e-3 ? "ok " : "BAD")} {name} {error:G3}");
            }
            catch (Exception e) { lines.Add($"ERR {name} {e.GetType().Name} {e.Message} {(e is ModelException ? "" : e.StackTrace)}"); }
        }
        File.WriteAllLines("/tmp/scratch.txt", lines.Order());
    }
}
