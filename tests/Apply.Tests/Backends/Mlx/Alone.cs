namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>Tests that count the arrays of the process: no other test runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
