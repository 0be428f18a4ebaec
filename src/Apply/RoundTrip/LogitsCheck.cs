using System.Globalization;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Stages;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.RoundTrip;

/// <summary>Runs the base with the source and with what is about to be written, and refuses where the logits differ.</summary>
/// <param name="baseModel">The base, with weights.</param>
/// <param name="openBackend">Makes what computes; it is disposed after the run.</param>
/// <example>
/// <code>
/// ConversionResult result = await AdapterPipeline
///     .From(source)
///     .To(TargetProfile.MlxLm)
///     .WithBase(baseModel)
///     .WithCheck(new LogitsCheck(baseModel, () =&gt; new ManagedBackend()) { Tokens = 16 })
///     .WriteTo(sink)
///     .RunAsync();
/// </code>
/// </example>
public sealed class LogitsCheck(BaseModel baseModel, Func<ITensorBackend> openBackend) : IPipelineCheck
{
    /// <summary>How many ids are drawn. Default: 32.</summary>
    public int Tokens { get; init; } = 32;

    /// <summary>What decides which ids are drawn. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>Largest error as a share of what the source changes. Default: <see cref="LogitsComparison.Rounding"/>.</summary>
    public double Tolerance { get; init; } = LogitsComparison.Rounding;

    /// <summary>
    /// What the conversion casts factors to: the output may then differ by twice what the cast alone does, if that is more. Default: nothing.
    /// </summary>
    public DType? Cast { get; init; }

    /// <summary>Given the model's number of layers, makes what is told how many are done. Default: nobody.</summary>
    public Func<int, IProgress<int>>? Progress { get; init; }

    /// <summary>The largest error that the last run took for rounding.</summary>
    public double Allowed { get; private set; }

    /// <summary>What the last run found; <see langword="null"/> before, and where the model could not be run.</summary>
    public LogitsComparison? Comparison { get; private set; }

    /// <inheritdoc />
    public void Run(Adapter source, Adapter output, FindingLog log, CancellationToken cancellationToken)
    {
        Comparison = null;
        try
        {
            (Comparison, Allowed) = Compare(source, output, cancellationToken);
        }
        catch (ModelException refused)
        {
            log.Add(ApplyCodes.ModelNotRun.At(refused.Subject, refused.Detail));
            return;
        }
        catch (AdapterException refused)
        {
            log.Add(ApplyCodes.NotApplied.At(refused.Subject, refused.Detail));
            return;
        }
        catch (MlxException refused)
        {
            log.Add(ApplyCodes.BackendUnusable.At(refused.Operation, refused.Detail));
            return;
        }

        if (!Comparison.Agrees(Allowed))
        {
            log.Add(ApplyCodes.LogitsDiffer.At("output", Problem(Comparison)));
        }
    }

    private (LogitsComparison Comparison, double Allowed) Compare(Adapter source, Adapter output, CancellationToken cancellationToken)
    {
        using ITensorBackend backend = openBackend();
        using LanguageModel model = LanguageModel.Load(baseModel.Folder, backend);
        using AdapterContainer first = AdapterContainer.FromAdapter(source, baseModel);
        using AdapterContainer second = AdapterContainer.FromAdapter(output, baseModel);
        int[] ids = TokenIds.Draw(Tokens, model.Vocabulary, Seed)[0];
        LogitsComparison comparison = LogitsVerifier.Compare(model, first, second, ids, 1, Progress?.Invoke(model.Layers), cancellationToken).Comparison;
        if (Cast is not { } dtype || comparison.Agrees(Tolerance))
        {
            return (comparison, Tolerance);
        }

        Adapter cast = first.Adapter with { Modules = [.. first.Adapter.Modules.Select(module => Rounded(module, dtype))] };
        using AdapterContainer rounded = AdapterContainer.FromAdapter(cast);
        double rounding = LogitsVerifier.Compare(model, first, rounded, ids, 1, null, cancellationToken).Comparison.RelativeError;
        return (comparison, Math.Max(Tolerance, 2 * rounding));
    }

    private static AdapterModule Rounded(AdapterModule module, DType dtype) =>
        module with { A = module.A.Cast(dtype), B = module.B.Cast(dtype), Magnitude = module.Magnitude?.Cast(dtype) };

    private string Problem(LogitsComparison comparison)
    {
        string where = comparison.FirstApart(Allowed) is { } apart ? $"; the two part at {comparison.Place(apart)}" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"logits differ by up to {comparison.LargestError:G3}, which is {comparison.RelativeError:G3} of what the source changes "
            + $"(tolerance {Allowed:G3}){where}");
    }
}
