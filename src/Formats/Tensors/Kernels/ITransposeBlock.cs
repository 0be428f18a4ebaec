namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Transposes one block of a fixed size in registers. Kernels are compiled with full optimisation at once: a command ends before the runtime
/// would have replaced their slow first versions.
/// </summary>
internal interface ITransposeBlock<T>
    where T : unmanaged
{
    /// <summary>Whether this processor has the instructions.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Rows of the block in the source.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the block in the source.</summary>
    static abstract int Columns { get; }

    /// <summary>Transposes one block; the caller has checked that it lies inside both spans. Strides are in elements.</summary>
    static abstract void Run(ref readonly T source, nuint sourceStride, ref T destination, nuint destinationStride);
}
