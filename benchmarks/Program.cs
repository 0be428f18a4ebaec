using BenchmarkDotNet.Running;
using Transfuse.Benchmarks;

if (args is ["make-adapter", string folder, string layers])
{
    LlamaAdapter.Write(folder, int.Parse(layers, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(TransposeBenchmark).Assembly).Run(args);
