namespace Transfuse.Oracle;

/// <summary>An adapter that PEFT creates on a live model before it looks at the file.</summary>
/// <param name="Key">Path below <c>base_model.model.</c> that its tensors have, with base_layer where wrappers nest.</param>
/// <param name="Target">The parameter that it changes.</param>
/// <param name="Rank">By rank_pattern; of one expert for experts.</param>
/// <param name="AsParameter">True where target_parameters named it.</param>
/// <param name="Converted">True where the config named one Linear per expert and not the packed parameter.</param>
internal sealed record PeftSlot(string Key, HfParameter Target, long Rank, bool AsParameter, bool Converted = false)
{
    public bool IsEmbedding => !AsParameter && Target.Kind == HfModuleKind.Embedding;

    public string NameOfA => Key + (IsEmbedding ? ".lora_embedding_A" : ".lora_A.weight");

    public string NameOfB => Key + (IsEmbedding ? ".lora_embedding_B" : ".lora_B.weight");

    /// <summary>Shapes of the live tensors by name.</summary>
    public Dictionary<string, long[]> Shapes(bool transposedExperts, bool dora, bool loraBias)
    {
        long[] shape = Target.Shape;
        (long inputs, long outputs) = shape.Length == 3
            ? (transposedExperts ? (shape[1], shape[2]) : (shape[2], shape[1]))
            : Target.Kind is HfModuleKind.Conv1D or HfModuleKind.Embedding && !AsParameter ? (shape[0], shape[1]) : (shape[1], shape[0]);
        long wide = shape.Length == 3 ? Rank * shape[0] : Rank;
        Dictionary<string, long[]> shapes = new(StringComparer.Ordinal) { [NameOfA] = [wide, inputs], [NameOfB] = [outputs, wide] };
        if (dora)
        {
            shapes[Key + ".lora_magnitude_vector"] = [outputs];
        }

        if (loraBias)
        {
            shapes[Key + ".lora_B.bias"] = [outputs];
        }

        return shapes;
    }
}
