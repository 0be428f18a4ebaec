namespace Transfuse.Metadata.Matching;

/// <summary>What a piece of a pattern is, as far as Python's rules for quantifiers ask.</summary>
internal enum RegexPieceKind
{
    /// <summary>A character, a set, a group, a look-around, a reference: may be repeated.</summary>
    Item,

    /// <summary>A place such as <c>^</c> or <c>\b</c>: must not be repeated.</summary>
    Place,

    /// <summary>Something repeated: must not be repeated again.</summary>
    Repeat,
}

/// <summary>A translated piece of a pattern.</summary>
/// <param name="Text">The piece in .NET's syntax, ready to take a quantifier.</param>
/// <param name="Kind">What may follow it.</param>
/// <param name="MinWidth">Fewest characters that it takes.</param>
/// <param name="MaxWidth">Most characters that it takes; <see cref="Unbounded"/> where there is no limit.</param>
/// <param name="Size">Number of states that a machine without backtracking needs, roughly.</param>
/// <param name="Backtracks">Whether only a backtracking machine can run it.</param>
internal readonly record struct RegexPiece(string Text, RegexPieceKind Kind, long MinWidth, long MaxWidth, long Size, bool Backtracks)
{
    /// <summary>A width without limit, and the size of what is too large to count.</summary>
    public const long Unbounded = 1L << 40;

    /// <summary>A piece that takes exactly one character.</summary>
    public static RegexPiece One(string text) => new(text, RegexPieceKind.Item, 1, 1, 1, false);

    /// <summary>A piece that takes nothing.</summary>
    public static RegexPiece Place(string text) => new(text, RegexPieceKind.Place, 0, 0, 1, false);

    /// <summary>Pieces one after the other.</summary>
    public static RegexPiece Sequence(List<RegexPiece> pieces) => new(
        string.Concat(pieces.Select(piece => piece.Text)),
        RegexPieceKind.Item,
        Cap(pieces.Sum(piece => piece.MinWidth)),
        Cap(pieces.Sum(piece => piece.MaxWidth)),
        Cap(pieces.Sum(piece => piece.Size)),
        pieces.Exists(piece => piece.Backtracks));

    /// <summary>One of several sequences; must be put in a group.</summary>
    public static RegexPiece Choice(List<RegexPiece> pieces) => new(
        string.Join('|', pieces.Select(piece => piece.Text)),
        RegexPieceKind.Item,
        pieces.Min(piece => piece.MinWidth),
        pieces.Max(piece => piece.MaxWidth),
        Cap(pieces.Sum(piece => piece.Size + 1)),
        pieces.Exists(piece => piece.Backtracks));

    /// <summary>The piece in a group of some kind.</summary>
    public RegexPiece Grouped(string opening) => this with { Text = opening + Text + ")", Kind = RegexPieceKind.Item, Size = Cap(Size + 1) };

    public RegexPiece Repeated(string quantifier, long min, long max) => this with
    {
        Text = Text + quantifier,
        Kind = RegexPieceKind.Repeat,
        MinWidth = Times(MinWidth, min),
        MaxWidth = Times(MaxWidth, max),
        Size = Cap(Times(Size, max == Unbounded ? min + 1 : Math.Max(max, 1)) + 1),
    };

    private static long Times(long left, long right) => left == 0 || right == 0 ? 0 : Cap(left > Unbounded / right ? Unbounded : left * right);

    private static long Cap(long value) => Math.Min(value, Unbounded);
}
