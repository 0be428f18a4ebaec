using Transfuse.Apply.Tests.Fusing;
using Transfuse.Apply.Tests.Models;
using Transfuse.Apply.Tests.RoundTrip;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Backends;

public class ManagedRecordedModelTests() : RecordedModelTests(TestBackends.Managed);

public class ManagedFixtureBaseTests() : FixtureBaseTests(TestBackends.Managed);

public class ManagedHostileModelTests() : HostileModelTests(TestBackends.Managed);

public class ManagedAdapterContainerTests() : AdapterContainerTests(TestBackends.Managed);

public class ManagedLogitsVerifierTests() : LogitsVerifierTests(TestBackends.Managed);

public class ManagedFusedLogitsTests() : FusedLogitsTests(TestBackends.Managed);
