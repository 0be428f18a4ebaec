using System.Collections.Immutable;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Fusing;
using Transfuse.Apply.Models;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>Compiled, not run: the names that examples take for granted.</summary>
internal static partial class Examples
{
    internal static readonly CancellationToken cancellationToken = CancellationToken.None;
    internal static readonly IAdapterSource source = null!;
    internal static readonly IAdapterSink sink = null!;
    internal static readonly Adapter adapter = null!;
    internal static readonly BaseModel baseModel = null!;
    internal static readonly LanguageModel model = null!;
    internal static readonly ITensorBackend backend = null!;
    internal static readonly int[] ids = [];
    internal static readonly IProgress<FusionProgress> progress = null!;
    internal static readonly ImmutableArray<NamedTensor> parameters = [];
}
