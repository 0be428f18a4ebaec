using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Managed;

namespace Transfuse.Apply.Tests.Backends;

/// <summary>The backend that runs anywhere, operation by operation.</summary>
public sealed class ManagedBackendTests : TensorBackendTests, IDisposable
{
    private readonly ManagedBackend _backend = new(2);

    /// <inheritdoc />
    protected override ITensorBackend Backend => _backend;

    public void Dispose() => _backend.Dispose();
}
