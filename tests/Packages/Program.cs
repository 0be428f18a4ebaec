// Uses the libraries as a stranger would: converts a folder, compares both, and runs the model with the converted adapter.
using Transfuse.Apply;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Models;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Targets;

(string adapter, string model, string output) = (args[0], args[1], args[2]);

using (IAdapterSource source = AdapterSource.Open(adapter))
using (IAdapterSink sink = AdapterSink.Folder(output))
{
    ConversionResult result = await AdapterPipeline
        .From(source)
        .To(TargetProfile.MlxLm)
        .WithBase(BaseModel.FromFolder(model))
        .WriteTo(sink)
        .RunAsync();
    Console.WriteLine($"converted: {result.Succeeded}");
}

using var backend = new ManagedBackend();
using LanguageModel running = LanguageModel.Load(model, backend);
float[] before = running.Logits([1, 2, 3]);
float[] shifted = With(adapter), converted = With(output);
Console.WriteLine($"changes the logits: {Largest(before, shifted) > 0.01f}");
Console.WriteLine($"same on the model: {Largest(shifted, converted) < 1e-5f}");

float[] With(string folder)
{
    using AdapterContainer container = AdapterContainer.FromFolder(folder, running.Source);
    container.LoadInto(running);
    float[] logits = running.Logits([1, 2, 3]);
    container.Unload();
    return logits;
}

static float Largest(float[] left, float[] right) => left.Zip(right, (a, b) => Math.Abs(a - b)).Max();
