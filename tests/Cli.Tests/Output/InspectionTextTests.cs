using Transfuse.Cli.Output;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Output;

public class InspectionTextTests
{
    private static string Inspect(string name, bool withBase = true, bool verbose = false)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
        Inspection inspection = AdapterInspector.Inspect(source, new InspectionOptions { Base = withBase ? BaseModel.FromFolder(fixture.BaseFolder) : null });
        return string.Join('\n', InspectionText.Render(inspection, verbose).ReplaceLineEndings("\n").Split('\n').Skip(1));
    }

    [Fact]
    public void Shows_architecture_class_and_a_grid_of_packed_experts() => Assert.Equal(
        """
          dialect         PEFT 0.21.0
          method          LORA
          base            fixtures/mixtral
          architecture    mixtral, class stack: experts are stacked in MLX
          modules         18, 50,688 values
          rank            8
          scale           2
                  mlp.experts              self_attn
          layers  down_proj  gate_up_proj  k_proj  o_proj  q_proj  v_proj
          0-2     8 x4       8 x4          8       8       8       8
        """,
        Inspect("mixtral_params"));

    [Fact]
    public void Shows_experts_of_one_layer_in_one_column() => Assert.EndsWith(
        """
                  mlp.experts.*                  self_attn
          layers  down_proj  gate_proj  up_proj  o_proj  q_proj
          0-2     4 x4       4 x4       4 x4     4       4
        """,
        Inspect("qwen3_moe_per_expert"));

    [Fact]
    public void Shows_stacked_experts_beside_their_router() => Assert.EndsWith(
        """
                  mlp   mlp.switch_mlp                 self_attn
          layers  gate  down_proj  gate_proj  up_proj  k_proj  o_proj  q_proj  v_proj
          0-2     4     4 x4       4 x4       4 x4     4       4       4       4
        """,
        Inspect("mlx_qwen3_moe_switch"));

    [Fact]
    public void Shows_what_lies_outside_the_layers_and_what_is_no_factor() => Assert.EndsWith(
        """
          other tensors   1 saved embedding
          outside layers  model.embed_tokens 8
                  self_attn
          layers  k_proj  o_proj  q_proj  v_proj
          0-2     8       8       8       8
        """,
        Inspect("llama_embed", withBase: false));

    [Fact]
    public void Says_nothing_of_an_architecture_that_is_not_known() => Assert.DoesNotContain("architecture", Inspect("llama_qv", withBase: false));

    [Fact]
    public void Marks_dora() => Assert.Contains("8d", Inspect("llama_dora"));

    [Fact]
    public void Keeps_layers_that_differ_apart() =>
        Assert.EndsWith("\n  0       8       8       8       8\n  2       8       8       8       8", Inspect("llama_layers_subset"));

    [Fact]
    public void Lists_every_module_on_demand() =>
        Assert.Contains("  model.layers.2.self_attn.v_proj: Linear, rank 8, scale 2, A (8, 64), B (32, 8), F32", Inspect("llama_qv", verbose: true));

    [Fact]
    public void A_grid_that_is_too_wide_goes_on_below()
    {
        string[] modules = [.. Enumerable.Range(0, 12).Select(index => $"mixer.{(char)('a' + (index / 6))}.projection_{index:00}")];
        string[] lines = ModuleGrid.Render(Of(modules)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(6, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length <= 116 && line == line.TrimEnd(), line));
        Assert.Equal(
            modules.Select(module => module.Split('.')[^1]),
            lines.Where(line => line.StartsWith("  layers", StringComparison.Ordinal)).SelectMany(
                line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)));
    }

    [Fact]
    public void A_long_group_of_one_narrow_module_does_not_touch_its_neighbour()
    {
        string[] lines = ModuleGrid.Render(Of("mlp.a_group_with_a_long_name.w", "mlp.b.w")).Split('\n');
        Assert.Equal("          mlp.a_group_with_a_long_name  mlp.b", lines[0]);
        Assert.Equal("  layers  w                             w", lines[1]);
        Assert.Equal("  3       2                             2", lines[2]);
    }

    private static Adapter Of(params string[] modules) => new()
    {
        Layout = ModelLayout.HuggingFace,
        Modules =
        [
            .. modules.Select(module => new AdapterModule
            {
                SourcePath = module,
                Path = ModulePath.Parse("model.layers.3." + module),
                Kind = ModuleKind.Linear,
                A = LazyTensorOperations.Zeros(DType.F32, new TensorShape(2, 4)),
                B = LazyTensorOperations.Zeros(DType.F32, new TensorShape(4, 2)),
                Rank = 2,
                Scale = 1,
            }),
        ],
    };
}
