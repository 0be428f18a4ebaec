using System.Globalization;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// What PEFT does again for <c>init_lora_weights</c> when it makes layers for a saved adapter (PEFT 0.21, <c>LoraLayer.update_layer</c>): some values need a
/// weight, or a rank that it can have.
/// </summary>
/// <param name="context">The check.</param>
/// <param name="config">The config that PEFT works with.</param>
/// <param name="model">The model, where it is known.</param>
/// <param name="matcher">The patterns of the config.</param>
internal sealed class PeftInitRules(CheckContext context, PeftConfig config, HfOutline? model, PeftPatternMatcher matcher)
{
    private const string Field = "init_lora_weights";
    private const string Iterations = "pissa_niter_";
    private readonly string _name = config.Init.Name;

    /// <param name="adapted">The modules and parameters that get a layer.</param>
    /// <param name="hasExperts">Whether packed experts are among them, which are parameters of a module without a weight of its own.</param>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public void Check(IReadOnlyCollection<string> adapted, bool hasExperts)
    {
        bool isDecomposed = _name.StartsWith("pissa", StringComparison.Ordinal) || Is("olora") || Is("mica");
        bool needsWeight = isDecomposed || config.Init.ChangesBase || _name == "orthogonal";
        if (needsWeight && hasExperts)
        {
            Refuse($"AttributeError: \"{_name}\" decomposes the weight of a module, and the module of packed experts has none");
        }
        else if (_name.StartsWith("corda", StringComparison.Ordinal))
        {
            Refuse($"ValueError: \"{_name}\" needs the results of a preprocessing run that no folder holds");
        }
        else if (_name.StartsWith("pissa", StringComparison.Ordinal) && _name != "pissa" && !IsCounted)
        {
            Refuse($"ValueError: \"{_name}\" is neither pissa nor pissa_niter_ and a number");
        }
        else if (isDecomposed && adapted.FirstOrDefault(IsTooWide) is { } wide)
        {
            Refuse($"RuntimeError or ValueError: size mismatch: \"{_name}\" takes the rank from the weight of {wide}, whose smaller side is less than the rank "
                + $"{matcher.Load(wide).Rank}");
        }
        else if (_name == "orthogonal" && adapted.FirstOrDefault(path => matcher.Load(path).Rank % 2 != 0) is { } odd)
        {
            Refuse($"ValueError: Orthogonal initialization requires the LoRA rank to be even, and that of {odd} is {matcher.Load(odd).Rank}");
        }
        else if (config.Init.ChangesBase)
        {
            ReportResidual();
        }
    }

    private bool IsCounted => _name.StartsWith(Iterations, StringComparison.Ordinal)
        && int.TryParse(_name.AsSpan(Iterations.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private void ReportResidual()
    {
        if (_name == "lora_ga" || IsCounted)
        {
            string why = _name == "lora_ga" ? "without gradients the base is left as it is" : "a randomised decomposition gives another residual each time";
            context.Report(CheckCodes.BaseResidual, Field, $"{_name} changed the base weights in training; when it is loaded, {why}");
        }
        else
        {
            context.Report(CheckCodes.BaseRecomputed, Field, $"{_name} changes the base weights in training and again when it is loaded");
        }
    }

    private bool IsTooWide(string path) =>
        model?.Find(path) is { Inputs: { } inputs, Outputs: { } outputs, IsEmbedding: false } && matcher.Load(path).Rank > Math.Min(inputs, outputs);

    private bool Is(string name) => string.Equals(_name, name, StringComparison.OrdinalIgnoreCase);

    private void Refuse(string message) => context.Report(CheckCodes.FieldRefused, Field, message);
}
