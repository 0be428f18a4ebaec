namespace Transfuse.Cli.Commands;

/// <summary>One input and where its output goes.</summary>
/// <param name="Input">A folder or a weights file.</param>
/// <param name="Output">The folder to write.</param>
internal readonly record struct OutputTarget(string Input, string Output)
{
    /// <inheritdoc />
    public override string ToString() => Input;
}
