namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Last segments by which embeddings are told from Linear layers where no architecture is known: shapes cannot tell.
/// With a known architecture the table decides.
/// </summary>
internal static class EmbeddingNames
{
    private static readonly string[] Leaves =
        ["embed_tokens", "embed_tokens_per_layer", "wte", "wpe", "word_embeddings", "tok_embeddings", "embeddings", "embedding", "embed_in", "token_embd",
            "embed_positions"];

    public static bool Contains(string leaf) => Leaves.Contains(leaf);
}
