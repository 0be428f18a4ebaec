using System.Collections.Immutable;
using Transfuse.Conversion.Profiles;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Pages;

/// <summary>One adapter of a page.</summary>
/// <param name="Name">As the command line names it.</param>
/// <param name="Dialect">The dialect, or <see langword="null"/> where it was refused.</param>
/// <param name="Adapter">The adapter; its tensors are not read any more. <see langword="null"/> where it was refused.</param>
/// <param name="Modules">What was measured.</param>
/// <param name="Findings">What was found.</param>
internal sealed record PageAdapter(
    string Name, string? Dialect, Adapter? Adapter, ImmutableArray<ModuleProfile> Modules, ImmutableArray<Finding> Findings);
