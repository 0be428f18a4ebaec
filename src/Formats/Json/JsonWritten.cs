using System.Buffers;

namespace Transfuse.Formats.Json;

/// <summary>A value that was written before, for the place where it is to stand. Only for writing.</summary>
/// <param name="writeTo">
/// Writes its bytes, as <see cref="PythonJson.Write(IBufferWriter{byte}, JsonValue, PythonJsonStyle, int)"/> made them at the same depth.
/// </param>
/// <seealso cref="PythonJson"/>
internal sealed class JsonWritten(Action<IBufferWriter<byte>> writeTo) : JsonValue
{
    /// <inheritdoc />
    public override string Kind => "a written value";

    /// <summary>Writes its bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output) => writeTo(output);
}
