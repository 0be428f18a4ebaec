namespace Transfuse.Apply.Backends.Mlx;

/// <summary>The arrays that are made while some work is done. At its end those that nobody holds are freed.</summary>
internal sealed class MlxScope
{
    private readonly List<MlxArray> _arrays = [];

    public void Add(MlxArray array)
    {
        array.IsScoped = true;
        _arrays.Add(array);
    }

    public void End()
    {
        foreach (MlxArray array in _arrays)
        {
            array.IsScoped = false;
            if (!array.IsHeld)
            {
                array.Drop();
            }
        }

        _arrays.Clear();
        MlxThread.Shared.FreeDropped();
    }
}
