using System.Collections.Immutable;
using System.Text.Json;

namespace Transfuse.Conversion.Models.Architectures.Table;

/// <summary>Reads the table, whose schema is what this class accepts: it fails on every word and member that it does not know.</summary>
internal static class TableReader
{
    private const string Schema = "transfuse.architectures/1";
    private const string Like = "like";

    public static ImmutableArray<Architecture> Read(Stream stream)
    {
        using JsonDocument document = JsonDocument.Parse(stream);
        EntryReader root = new(document.RootElement);
        if (root.Text("schema") != Schema)
        {
            throw new FormatException($"The table is not {Schema}.");
        }

        ImmutableArray<JsonElement> entries = root.List("architectures");
        root.End();
        Dictionary<string, JsonElement> bodies = entries.Where(entry => !entry.TryGetProperty(Like, out _)).ToDictionary(ModelTypeOf, StringComparer.Ordinal);
        Dictionary<string, Architecture> own = entries.Where(entry => !IsAlias(entry)).Select(entry => ReadEntry(entry, bodies))
            .ToDictionary(architecture => architecture.ModelType, StringComparer.Ordinal);
        return [.. entries.Select(entry => IsAlias(entry) ? ReadAlias(entry, own) : own[ModelTypeOf(entry)])];
    }

    private static string ModelTypeOf(JsonElement entry) => entry.GetProperty("model_type").GetString()!;

    private static bool IsAlias(JsonElement entry) => entry.TryGetProperty("alias_of", out _);

    private static Architecture ReadAlias(JsonElement entry, Dictionary<string, Architecture> own)
    {
        EntryReader reader = new(entry);
        Architecture original = own[reader.Text("alias_of")];
        Architecture alias = original with
        {
            ModelType = reader.Text("model_type"),
            AliasOf = original.ModelType,
            Confidence = reader.Word("confidence", Words.Confidence),
            IsRemoteCode = IsRemote(reader),
            PeftConversion = reader.OptionalText("peft_moe"),
            Tying = original.Tying with { HuggingFaceDefault = Default(reader.OptionalText("hf_tying") ?? "unknown") },
            RefusedModels = [],
        };
        reader.End();
        return alias;
    }

    // An entry may say whose body it shares, and state only what differs; that body is written out.
    private static Architecture ReadEntry(JsonElement entry, Dictionary<string, JsonElement> bodies)
    {
        EntryReader reader = new(entry, entry.TryGetProperty(Like, out JsonElement other) ? BodyOf(other.GetString()!, bodies) : null);
        _ = reader.OptionalText(Like);
        Architecture architecture = new()
        {
            ModelType = reader.Text("model_type"),
            Class = reader.Word("class", Words.Class),
            Confidence = reader.Word("confidence", Words.Confidence),
            IsRemoteCode = IsRemote(reader),
            Layers = ReadRoots(reader.Required("layers")),
            Swift = reader.Optional("swift") is JsonElement swift ? ReadSwift(swift) : null,
            Globals = [.. reader.List("globals").Select(ReadGlobal)],
            Rules = [.. reader.List("rules").Select(RuleReader.Read)],
            Keys = ReadKeys(reader.Required("keys")),
            Refused = reader.Optional("refused") is JsonElement refused
                ? refused.EnumerateObject().ToImmutableDictionary(item => item.Name, item => item.Value.GetString()!)
                : ImmutableDictionary<string, string>.Empty,
            Config = ReadFields(reader.Required("config")),
            Tying = ReadTying(reader.Required("tying")),
            PeftConversion = reader.OptionalText("peft_moe"),
            RefusedModels = [.. reader.List("refuse").Select(ReadRefusedModel)],
        };
        reader.End();
        return architecture;
    }

    private static JsonElement BodyOf(string modelType, Dictionary<string, JsonElement> bodies) =>
        bodies.TryGetValue(modelType, out JsonElement body) ? body : throw new FormatException($"{modelType} is no entry with a body of its own.");

    private static LayerRoots ReadRoots(JsonElement element)
    {
        EntryReader reader = new(element);
        string newest = reader.Text("transformers5");
        string older = reader.OptionalText("transformers4") ?? newest;
        string mlx = reader.Text("mlx");
        LayerRoots roots = new()
        {
            Transformers5 = newest,
            Transformers4 = older,
            Checkpoint = reader.OptionalText("checkpoint") ?? older,
            Aliases = reader.Texts("aliases"),
            Mlx = mlx,
            MlxVlm = reader.OptionalText("mlx_vlm") ?? mlx,
        };
        reader.End();
        return roots;
    }

    private static SwiftSupport ReadSwift(JsonElement element)
    {
        EntryReader reader = new(element);
        SwiftSupport swift = new()
        {
            Llm = reader.OptionalText("llm"),
            Vlm = reader.OptionalText("vlm"),
            Adapts = reader.OptionalText("adapts"),
            Differs = reader.Texts("differs"),
            Also = reader.Texts("also"),
        };
        reader.End();
        return swift;
    }

    private static GlobalModule ReadGlobal(JsonElement element)
    {
        EntryReader reader = new(element);
        PathPattern newest = reader.Pattern("hf");
        GlobalModule module = new()
        {
            Transformers5 = newest,
            Transformers4 = reader.OptionalText("hf4") is string older ? new PathPattern(older) : newest,
            Aliases = [.. reader.Texts("aliases").Select(path => new PathPattern(path))],
            Mlx = reader.OptionalText("mlx") is string mlx ? new PathPattern(mlx) : null,
            Kind = reader.Word("kind", Words.Kind),
            Role = reader.OptionalWord("role", Words.Role) ?? ModuleRole.None,
            Refused = reader.OptionalText("refused"),
        };
        reader.End();
        return module;
    }

    private static ImmutableArray<AdaptableKey> ReadKeys(JsonElement element) =>
    [
        .. element.EnumerateObject().SelectMany(
            kind => kind.Value.EnumerateArray(),
            (kind, path) => new AdaptableKey(new PathPattern(path.GetString()!), Words.Kind[kind.Name])),
    ];

    private static BaseConfigFields ReadFields(JsonElement element)
    {
        EntryReader reader = new(element);
        ImmutableArray<string> hidden = reader.Texts("hidden");
        ImmutableArray<string> latent = reader.Texts("latent");
        BaseConfigFields fields = new()
        {
            Layers = reader.Texts("layers"),
            Hidden = hidden,
            Experts = reader.Texts("experts"),
            Width = reader.Texts("width"),
            Latent = latent.IsEmpty ? hidden : latent,
        };
        reader.End();
        return fields;
    }

    private static TyingRules ReadTying(JsonElement element)
    {
        EntryReader reader = new(element);
        TyingRules tying = new(
            Default(reader.Text("hf")),
            reader.Word("mlx", Words.Tying),
            reader.OptionalText("field") ?? "tie_word_embeddings");
        reader.End();
        return tying;
    }

    private static RefusedModel ReadRefusedModel(JsonElement element)
    {
        EntryReader reader = new(element);
        RefusedModel refused = new(
            reader.Optional("when") is JsonElement when ? ExpressionReader.ReadCondition(when) : null,
            reader.Text("reason"));
        reader.End();
        return refused;
    }

    private static bool IsRemote(EntryReader reader) => reader.OptionalText("code") switch
    {
        null => false,
        "remote" => true,
        string code => throw new FormatException($"There is no code {code}."),
    };

    private static bool? Default(string text) => text switch
    {
        "true" => true,
        "false" => false,
        "unknown" => null,
        _ => throw new FormatException($"A default is not {text}."),
    };
}
