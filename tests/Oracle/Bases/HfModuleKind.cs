namespace Transfuse.Oracle;

/// <summary>What a module of a transformers 5 model is to PEFT.</summary>
public enum HfModuleKind
{
    /// <summary>nn.Linear, weight (out, in).</summary>
    Linear,

    /// <summary>GPT-2's Conv1D, weight (in, out).</summary>
    Conv1D,

    /// <summary>nn.Embedding, weight (V, d).</summary>
    Embedding,

    /// <summary>A module with raw parameters: packed experts, a router, a norm.</summary>
    Raw,
}
