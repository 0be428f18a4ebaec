using System.Runtime.ExceptionServices;
using Polly;
using Polly.Retry;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>
/// The one way in which reads, writes and downloads are repeated: what is transient by <see cref="FaultPolicy"/>, with pauses that double and that chance
/// moves, or as long as the other side asks for. What is final is thrown at once.
/// </summary>
/// <param name="options">How often.</param>
internal sealed class FaultPipeline(FaultOptions options)
{
    private static readonly ResiliencePropertyKey<(string Subject, RetryLog? Log)> Of = new("transfuse");

    // Most runs never need it.
    private readonly Lazy<ResiliencePipeline> _pipeline = new(() => Build(options));

    public static FaultPipeline Files { get; } = new(FaultOptions.Files);

    /// <summary>Runs something until it succeeds, fails for good, or was repeated often enough.</summary>
    /// <param name="subject">The file or address, for the log.</param>
    /// <param name="log">Told of each repetition.</param>
    /// <param name="work">What to do; its argument ends an attempt that takes too long.</param>
    /// <param name="first">What a first attempt outside has thrown; it counts as one. <see langword="null"/> where there was none.</param>
    /// <param name="cancellationToken">Ends the attempts and the pauses.</param>
    public T Run<T>(string subject, RetryLog? log, Func<CancellationToken, T> work, Exception? first = null, CancellationToken cancellationToken = default)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Of, (subject, log));
        try
        {
            return _pipeline.Value.Execute(
                inner =>
                {
                    if (first is not null)
                    {
                        Exception failed = first;
                        first = null;
                        ExceptionDispatchInfo.Throw(failed);
                    }

                    return work(inner.CancellationToken);
                },
                context);
        }
        catch (Exception failed) when (FaultPolicy.IsTransient(failed))
        {
            FaultPolicy.MarkFinal(failed);
            throw;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static ResiliencePipeline Build(FaultOptions options)
    {
        var builder = new ResiliencePipelineBuilder();
        builder.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(FaultPolicy.IsTransient),
            MaxRetryAttempts = options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.Pause,
            MaxDelay = options.LongestPause,
            DelayGenerator = arguments => new ValueTask<TimeSpan?>(Asked(arguments.Outcome.Exception, options.LongestPause)),
            OnRetry = arguments =>
            {
                (string subject, RetryLog? log) = arguments.Context.Properties.GetValue(Of, (string.Empty, null));
                log?.Add(subject, arguments.Outcome.Exception?.Message ?? "it failed");
                return default;
            },
        });
        if (options.Timeout is { } timeout)
        {
            builder.AddTimeout(timeout);
        }

        return builder.Build();
    }

    // Longer than the longest pause nobody waits: the request then fails after its last attempt.
    private static TimeSpan? Asked(Exception? failed, TimeSpan longest) =>
        failed is TransientFaultException { RetryAfter: { } wanted } ? wanted < longest ? wanted : longest : null;
}
