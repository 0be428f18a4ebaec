namespace Transfuse.Oracle;

/// <summary>Stands for what a reader written in another language would raise; its message starts with that error's name.</summary>
internal sealed class ReaderException(string message) : Exception(message);
