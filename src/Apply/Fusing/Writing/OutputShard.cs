using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>A weights file of the merged model: the base's, with the tensors of the planned weights in place of theirs.</summary>
/// <param name="Source">The base's file.</param>
/// <param name="Tensors">All tensors.</param>
internal sealed record OutputShard(ModelShard Source, ImmutableArray<OutputTensor> Tensors)
{
    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength => Tensors.Sum(tensor => tensor.Tensor.ByteLength);

    /// <summary>The files of the merged model. A head that becomes a weight of its own goes where the embedding is.</summary>
    public static ImmutableArray<OutputShard> All(ModelFolder folder, FusionPlan plan)
    {
        Dictionary<string, string> taken = plan.Weights.Values.Where(weight => folder.Find(weight.Name) is not null)
            .SelectMany(weight => Parts(folder, weight.Name).Select(part => KeyValuePair.Create(part, weight.Name)))
            .ToDictionary(StringComparer.Ordinal);
        ILookup<ModelShard, PlannedWeight> added = plan.Weights.Values.Where(weight => folder.Find(weight.Name) is null)
            .ToLookup(weight => folder.ShardOf(weight.Source));
        return
        [
            .. folder.Shards.Select(shard => new OutputShard(
                shard,
                [
                    .. shard.File.Tensors.Where(tensor => !taken.ContainsKey(tensor.Name)).Select(tensor => new OutputTensor(tensor.Name, tensor.Tensor)),
                    .. shard.File.Tensors.Where(tensor => plan.Weights.ContainsKey(tensor.Name))
                        .SelectMany(tensor => OutputTensor.Of(plan.Weights[tensor.Name])),
                    .. added[shard].SelectMany(OutputTensor.Of),
                ])),
        ];
    }

    /// <summary>Number of the base's tensors that the planned weights take the place of.</summary>
    public static int Replaced(ModelFolder folder, FusionPlan plan) =>
        plan.Weights.Keys.Where(name => folder.Find(name) is not null).Sum(name => Parts(folder, name).Count());

    private static IEnumerable<string> Parts(ModelFolder folder, string name)
    {
        string module = WeightLookup.ModuleOf(name);
        return folder.Find(name)!.DType == DType.U32
            ? new[] { name, module + ".scales", module + ".biases" }.Where(part => folder.Find(part) is not null)
            : [name];
    }
}
