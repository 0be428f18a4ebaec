using System.CommandLine;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;

namespace Transfuse.Cli.Commands;

/// <summary>The options of every verb that runs a model: what it runs on.</summary>
internal sealed class BackendOptions
{
    private readonly Option<string> _backend = new Option<string>("--backend")
    {
        Description =
            "What a model is run on: managed, mlx (the GPU, where the library has one) or mlx-cpu. Default: mlx on a GPU that proves itself, else managed. See "
            + "'transfuse backends'.",
        HelpName = "BACKEND",
    }.AcceptOnlyFromAmong("managed", "mlx", "mlx-cpu");

    private readonly Option<string> _library = Library();

    private readonly Option<string> _compute = new Option<string>("--compute")
    {
        Description = "In which dtype MLX computes: f32, or weights for the dtype of the weights, as mlx-lm does. Default: f32.",
        HelpName = "DTYPE",
    }.AcceptOnlyFromAmong("f32", "weights");

    public static Option<string> Library() => new("--mlx-library")
    {
        Description = "The file of mlx-c (libmlxc), or the folder that holds it. Default: TRANSFUSE_MLX, else the usual places.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_backend);
        command.Options.Add(_library);
        command.Options.Add(_compute);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_backend) == "managed" && (result.GetValue(_compute) == "weights" || result.GetValue(_library) is not null))
            {
                result.AddError("--backend managed computes in float32 and needs no library: --compute weights and --mlx-library do not go with it.");
            }
        });
    }

    public BackendSelection Read(ParseResult result, int threads = 0) => new()
    {
        Kind = result.GetValue(_backend) switch
        {
            "managed" => BackendKind.Managed,
            "mlx" => BackendKind.Mlx,
            "mlx-cpu" => BackendKind.MlxCpu,
            _ => BackendKind.Best,
        },
        Library = result.GetValue(_library),
        Compute = result.GetValue(_compute) == "weights" ? MlxCompute.Weights : MlxCompute.Float32,
        Threads = threads,
    };
}
