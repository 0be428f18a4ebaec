using System.Globalization;
using BenchmarkDotNet.Running;
using Transfuse.Benchmarks;

if (args is ["make-adapter", string folder, string layers, .. string[] seed])
{
    LlamaAdapter.Write(folder, Int(layers), seed is [string given] ? Int(given) : 1);
    return;
}

if (args is ["make-model", string target, string count, string hidden, string shards])
{
    LlamaModel.Write(target, Int(count), Int(hidden), Int(shards));
    return;
}

if (args is ["make-adapters", string many, string number, string depth, string width])
{
    SmallAdapters.Write(many, Int(number), Int(depth), Int(width));
    return;
}

if (args is ["make-llama", string place, "1b" or "8b"])
{
    (args[2] == "1b" ? LlamaRunner.OneBillion : LlamaRunner.EightBillion).Write(place);
    return;
}

if (args is ["forward", string folderOfModel, string folderOfAdapter, string library, string prompt])
{
    ForwardRunner.Run(folderOfModel, folderOfAdapter, library, Int(prompt));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(TransposeBenchmark).Assembly).Run(args);

static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
