using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>What repair puts where no reader can use a field's value.</summary>
/// <param name="Value">The value; <see langword="null"/> where the field is removed.</param>
/// <param name="Reason">Why that is right.</param>
internal sealed record PeftMending(JsonValue? Value, string Reason);
