using Transfuse.Apply.Tests.Models;
using Transfuse.Apply.Tests.RoundTrip;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Backends;

public class MlxRecordedModelTests() : RecordedModelTests(TestBackends.Mlx);

public class MlxFixtureBaseTests() : FixtureBaseTests(TestBackends.Mlx);

public class MlxHostileModelTests() : HostileModelTests(TestBackends.Mlx);

public class MlxAdapterContainerTests() : AdapterContainerTests(TestBackends.Mlx);

public class MlxLogitsVerifierTests() : LogitsVerifierTests(TestBackends.Mlx);
