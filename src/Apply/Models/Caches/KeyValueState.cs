using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Caches;

/// <summary>Keys and values of the tokens before, (b, nkv, S, d): the last ones where a window lets go of the others.</summary>
internal sealed record KeyValueState(BackendArray Keys, BackendArray Values);
