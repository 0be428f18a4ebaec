namespace Transfuse.Conversion.Stages;

/// <summary>What one stage of a conversion did.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Tensors">How many tensors there were after it.</param>
/// <param name="Modules">How many adapted modules there were after it; 0 until names are sorted.</param>
/// <param name="Findings">How many findings it made.</param>
/// <example>
/// <code>
/// ConversionResult result = await AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).RunAsync();
/// foreach (StageReport stage in result.Stages)
/// {
///     Console.WriteLine($"{stage.Name}: {stage.Tensors} tensors, {stage.Findings} findings");
/// }
/// </code>
/// </example>
public sealed record StageReport(string Name, TimeSpan Elapsed, int Tensors, int Modules, int Findings);
