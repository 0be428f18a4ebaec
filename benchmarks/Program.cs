using System.Globalization;
using BenchmarkDotNet.Running;
using Transfuse.Benchmarks;

if (args is ["make-adapter", string folder, string layers, .. string[] seed])
{
    LlamaAdapter.Write(folder, int.Parse(layers, CultureInfo.InvariantCulture), seed is [string given] ? int.Parse(given, CultureInfo.InvariantCulture) : 1);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(TransposeBenchmark).Assembly).Run(args);
