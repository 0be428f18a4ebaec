namespace Transfuse.Cli.Commands;

/// <summary>What all inputs of a run share is made with the first of them, which has its errors.</summary>
internal static class Once
{
    /// <summary>Gives the same each time; makes it at the first, and again where that failed.</summary>
    public static Func<T> Of<T>(Func<T> make)
        where T : class
    {
        T? made = null;
        return () => LazyInitializer.EnsureInitialized(ref made, make);
    }
}
