using Transfuse.Formats.Tensors;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>What ended a run, as an exit code and one line.</summary>
internal static class FailureText
{
    /// <summary>The code and the line.</summary>
    public static (int Code, string Message) Describe(Exception failed) => failed switch
    {
        UsageException => (ExitCodes.Usage, $"error: {PrintableText.OneLine(failed.Message)}"),
        OperationCanceledException => (ExitCodes.Interrupted, "interrupted; what was not complete was not written"),
        TensorTooLargeException => (ExitCodes.Refused, $"error: {PrintableText.OneLine(failed.Message)}"),
        IOException or UnauthorizedAccessException => (ExitCodes.InputOutput, $"error: {PrintableText.OneLine(failed.Message)}"),
        AggregateException { InnerException: { } inner } => Describe(inner),
        _ => (ExitCodes.Internal,
            $"internal error: {failed.GetType().Name}: {PrintableText.OneLine(failed.Message)} (this is a fault of transfuse, not yours: please report this "
            + "line and the command to the project's issues)"),
    };
}
