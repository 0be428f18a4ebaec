using System.Collections.Immutable;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>An adapter of a method other than LoRA, its tensors sorted.</summary>
/// <param name="Config">The config, as far as it is the same for all methods.</param>
/// <param name="Settings">All fields of the config.</param>
/// <param name="Modules">The modules' tensors, ordered by path.</param>
/// <param name="Shared">The tensors that all modules share.</param>
/// <param name="Options">What the caller decides.</param>
/// <param name="Log">Takes findings.</param>
internal sealed record MethodInput(
    PeftConfig Config, MethodSettings Settings, ImmutableArray<MethodParts> Modules, MethodParts Shared, MethodOptions Options, FindingLog Log);
