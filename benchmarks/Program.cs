using BenchmarkDotNet.Running;
using Transfuse.Benchmarks;

if (args is ["make-adapter", string folder, string layers])
{
    LlamaAdapter.Write(folder, Int(layers));
    return;
}

if (args is ["make-model", string target, string count, string hidden, string shards])
{
    LlamaModel.Write(target, Int(count), Int(hidden), Int(shards));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(TransposeBenchmark).Assembly).Run(args);

static int Int(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
