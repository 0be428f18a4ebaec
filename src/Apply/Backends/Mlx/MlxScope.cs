namespace Transfuse.Apply.Backends.Mlx;

/// <summary>The arrays that are made or let go of while some work is done. At its end those that nobody holds are freed. Only on the MLX thread.</summary>
internal sealed class MlxScope
{
    private readonly List<MlxArray> _arrays = [];
    private readonly MlxScope? _outer;

    private MlxScope(MlxScope? outer) => _outer = outer;

    /// <summary>The innermost, or <see langword="null"/>. Only on the MLX thread.</summary>
    public static MlxScope? Current { get; private set; }

    public static MlxScope Begin() => Current = new MlxScope(Current);

    public void Add(MlxArray array)
    {
        array.IsScoped = true;
        _arrays.Add(array);
    }

    public void End()
    {
        Current = _outer;
        foreach (MlxArray array in _arrays)
        {
            array.IsScoped = false;
            if (!array.IsHeld)
            {
                array.Dispose();
            }
        }

        _arrays.Clear();
        MlxThread.Shared.FreeDropped();
    }
}
