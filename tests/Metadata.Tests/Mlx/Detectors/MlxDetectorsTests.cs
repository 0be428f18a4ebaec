using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Mlx.Detectors;

namespace Transfuse.Metadata.Tests.Mlx.Detectors;

public class MlxDetectorsTests
{
    private const string Good =
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"scale\":2.0,\"dropout\":0.0,\"keys\":[\"q\"]}}";

    [Fact]
    public void A_current_folder_has_no_finding() => Assert.Empty(Detect(Good));

    [Theory]

    // Each old, foreign or damaged form, alone.
    [InlineData(
        "{\"lora_layers\":2,\"lora_parameters\":{\"rank\":4,\"scale\":2.0,\"dropout\":0.0,\"keys\":[\"q\"]}}", "TF3508 adapter_config.json: lora_layers")]
    [InlineData(
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"scale\":2.0,\"alpha\":16,\"keys\":[\"q\"]}}",
        "TF3508 adapter_config.json: lora_parameters.alpha")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":1,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3514 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3514 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":\"two\",\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3514 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4}}", "TF3516 adapter_config.json: lora_parameters.keys")]
    [InlineData(
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[]}}", "TF3515 adapter_config.json: lora_parameters.keys")]
    [InlineData(
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":\"q\"}}", "TF3515 adapter_config.json: lora_parameters.keys")]
    [InlineData(
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"proj\"]}}",
        "TF3515 adapter_config.json: lora_parameters.keys")]
    [InlineData(
        "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\",\"m.layers.1.q\"]}}",
        "TF3515 adapter_config.json: lora_parameters.keys")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":2.0,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3003 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":\"4\",\"keys\":[\"q\"]}}", "TF3008 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":8,\"keys\":[\"q\"]}}", "TF3505 adapter_config.json:")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"keys\":[\"q\"]}}", "TF3505 adapter_config.json:")]
    [InlineData(
        "{\"fine_tune_type\":\"dora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3560 adapter_config.json: fine_tune_type")]
    [InlineData(
        "{\"fine_tune_type\":\"full\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3506 adapter_config.json: fine_tune_type")]
    [InlineData("{\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}", "TF3506 adapter_config.json: fine_tune_type")]
    [InlineData("{\"rank\":4,\"alpha\":16,\"dropout\":0.0}", "TF3508 adapter_config.json: the folder has the form of mlx-vlm")]
    public void A_form_is_recognised_and_nothing_else(string config, string start)
    {
        Finding[] findings = Detect(config);
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.StartsWith(start, $"{finding.Code.Id} {finding.Subject}: {finding.Message}"));
    }

    [Fact]
    public void Dora_that_was_not_honoured_is_recognised_beside_the_old_name_of_the_layers() => Assert.Equal(
        ["TF3508 adapter_config.json", "TF3506 adapter_config.json"],
        Codes(Detect("{\"use_dora\":true,\"lora_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]}}")));

    [Fact]
    public void An_archive_is_recognised_by_its_name() => Assert.Equal(["TF3508 adapters.npz"], Codes(Facts(Good, weights: "adapters.npz")));

    [Fact]
    public void Flattened_experts_are_recognised_by_their_shapes() =>
        Assert.Equal(["TF3508 m.layers.0.q"], Codes(Facts(Good, modules: [Experts("m.layers.0.q"), Experts("m.layers.1.q")])));

    [Fact]
    public void Layers_and_old_names_are_recognised_by_their_names()
    {
        Assert.Equal(
            ["TF3508 m.layers.0.q"],
            Codes(
                Facts(
                    Good,
                    modules:
                    [
                        Module(0) with { Form = MlxFactorForm.Layers, Evidence = Layered(0) },
                        Module(1) with { Form = MlxFactorForm.Layers, Evidence = Layered(1) },
                    ])));
        Assert.Equal(
            ["TF3508 adapter_config.json"],
            Codes(Facts(Good, modules: [Module(0) with { Form = MlxFactorForm.Legacy }, Module(1) with { Form = MlxFactorForm.Legacy }])));
    }

    [Fact]
    public void Ranks_that_differ_are_one_finding() =>
        Assert.Equal(["TF3520 adapters.safetensors"], Codes(Facts(Good, modules: [Module(0), Module(1, rank: 8)])));

    [Fact]
    public void Weights_of_the_base_are_named() =>
        Assert.Equal(["TF3521 m.norm.weight"], Codes(Facts(Good, others: ["m.norm.weight", "m.embed.weight"])));

    [Fact]
    public void A_base_shows_layers_that_the_number_leaves_out() => Assert.Equal(["TF3514 adapter_config.json"], Codes(Facts(Good, baseLayers: 3)));

    [Fact]
    public void A_list_of_modules_must_be_that_of_the_file()
    {
        const string Listed =
            "{\"fine_tune_type\":\"lora\",\"num_layers\":2,\"lora_parameters\":{\"rank\":4,\"keys\":[\"q\"]},\"rank\":4,\"unsloth_mlx_lora_module_paths\":";
        Assert.Empty(Detect(Listed + "[\"m.layers.0.q\",\"m.layers.1.q\"]}"));
        Assert.Empty(Detect(Listed + "[]}"));
        Assert.Equal(["TF3517 m.layers.9.q"], Codes(Detect(Listed + "[\"m.layers.0.q\",\"m.layers.1.q\",\"m.layers.9.q\"]}")));
        Assert.Equal(["TF3518 m.layers.1.q"], Codes(Detect(Listed + "[\"m.layers.0.q\"]}")));
    }

    [Fact]
    public void A_folder_without_config_has_only_findings_of_its_tensors() =>
        Assert.Equal(["TF3508 adapters.npz"], Codes(new MlxFolderFacts("c", null, "adapters.npz", [Module(0)], [], null)));

    private static string[] Codes(MlxFolderFacts facts) => Codes(MlxDetectors.Detect(facts));

    private static string[] Codes(IEnumerable<Finding> findings) => [.. findings.Select(finding => $"{finding.Code.Id} {finding.Subject}")];

    private static Finding[] Detect(string config) => [.. MlxDetectors.Detect(Facts(config))];

    private static MlxFolderFacts Facts(
        string config, string weights = "adapters.safetensors", MlxModuleFacts[]? modules = null, string[]? others = null, int? baseLayers = null) =>
        new("adapter_config.json", Fixtures.Parse(config), weights, [.. modules ?? [Module(0), Module(1)]], [.. others ?? []], baseLayers);

    private static MlxModuleFacts Module(int layer, long rank = 4) => new(
        new ModuleEvidence { Path = $"m.layers.{layer}.q", A = new TensorShape(64, rank), B = new TensorShape(rank, 32) }, MlxFactorForm.Parameters);

    private static ModuleEvidence Layered(int layer) =>
        new() { Path = $"m.layers.{layer}.q", A = new TensorShape(4, 64), B = new TensorShape(32, 4), IsLayerBacked = true };

    private static MlxModuleFacts Experts(string path) => new(
        new ModuleEvidence { Path = path, A = new TensorShape(8 * 4, 64), B = new TensorShape(8, 32, 4) }, MlxFactorForm.Parameters);
}
