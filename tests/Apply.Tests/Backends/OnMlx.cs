using Transfuse.Apply.Backends;
using Transfuse.Apply.Tests.Fusing;
using Transfuse.Apply.Tests.Models;
using Transfuse.Apply.Tests.RoundTrip;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Backends;

public class MlxRecordedModelTests() : RecordedModelTests(TestBackends.Mlx);

public class MlxFixtureBaseTests() : FixtureBaseTests(TestBackends.Mlx);

public class MlxHostileModelTests() : HostileModelTests(TestBackends.Mlx);

public class MlxAdapterContainerTests() : AdapterContainerTests(TestBackends.Mlx);

public class MlxLogitsVerifierTests() : LogitsVerifierTests(TestBackends.Mlx);

public class MlxFusedLogitsTests() : FusedLogitsTests(TestBackends.Mlx);

public sealed class MlxBackendTests : TensorBackendTests, IDisposable
{
    private readonly ITensorBackend _backend = TestBackends.Mlx();

    protected override ITensorBackend Backend => _backend;

    public void Dispose() => _backend.Dispose();
}
