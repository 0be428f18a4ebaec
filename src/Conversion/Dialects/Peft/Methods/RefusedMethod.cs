using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>A method that is not converted.</summary>
/// <param name="PeftType">Its <c>peft_type</c>.</param>
/// <param name="Code">The class of reasons.</param>
/// <param name="Reason">What it does (PEFT 0.21), to follow its name in a sentence.</param>
internal sealed record RefusedMethod(string PeftType, FindingCode Code, string Reason);
