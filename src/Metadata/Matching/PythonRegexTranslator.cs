namespace Transfuse.Metadata.Matching;

/// <summary>Translates one pattern; used once. The grammar is that of Python 3.11's <c>re</c>, of which 3.12 to 3.14 are supersets.</summary>
internal sealed class PythonRegexTranslator
{
    private const int MaxDepth = 100;
    private const int MaxRepeat = 100_000;

    // .NET 10 refuses machines without backtracking beyond 10 000 nodes, of which it makes about five for each of these.
    private const int MaxLinearSize = 1_500;

    private readonly PatternCursor _cursor;
    private readonly PythonRegexGroups _groups;
    private readonly PythonRegexEscapes _escapes;
    private PythonRegexFlags _globalFlags;
    private bool _repeatsEmpty;

    public PythonRegexTranslator(string pattern)
    {
        _cursor = new PatternCursor(pattern);
        _groups = new PythonRegexGroups(_cursor);
        _escapes = new PythonRegexEscapes(_cursor, _groups);
        if (pattern.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
        {
            throw _cursor.Unsupported("holds a character beyond U+FFFF");
        }
    }

    public TranslatedRegex Translate()
    {
        RegexPiece whole = ParseChoice(PythonRegexFlags.None, 0);
        if (!_cursor.AtEnd)
        {
            throw _cursor.Syntax("closes a parenthesis that was not opened");
        }

        _groups.CheckConditions();
        bool linear = !whole.Backtracks && whole.Size <= MaxLinearSize;
        if (!linear && _repeatsEmpty)
        {
            // .NET 10 misses matches of some such patterns when it backtracks.
            throw _cursor.Unsupported("repeats what may be empty and needs backtracking");
        }

        return new TranslatedRegex(whole.Text, linear, whole.Size, !_repeatsEmpty, _escapes.NeedsAscii, _escapes.NeedsText, _groups.Names);
    }

    private RegexPiece ParseChoice(PythonRegexFlags flags, int depth)
    {
        if (depth > MaxDepth)
        {
            throw _cursor.Unsupported($"nests groups deeper than {MaxDepth}");
        }

        var branches = new List<RegexPiece>();
        do
        {
            branches.Add(ParseSequence(depth == 0 ? _globalFlags : flags, depth, mayStart: depth == 0 && branches.Count == 0));
        }
        while (_cursor.TryTake('|'));
        return branches.Count == 1 ? branches[0] : RegexPiece.Choice(branches);
    }

    private RegexPiece ParseSequence(PythonRegexFlags flags, int depth, bool mayStart)
    {
        var pieces = new List<RegexPiece>();
        while (!_cursor.AtEnd && !_cursor.IsAt('|') && !_cursor.IsAt(')'))
        {
            if (_cursor.IsEscape)
            {
                pieces.Add(_escapes.Parse(flags));
                continue;
            }

            char next = _cursor.Take();
            if (flags.HasFlag(PythonRegexFlags.Verbose) && SkipVerbose(next))
            {
                continue;
            }

            switch (next)
            {
                case '(':
                    if (ParseGroup(flags, depth, mayStart && pieces.Count == 0) is { } group)
                    {
                        pieces.Add(group);
                    }

                    // Flags for the whole pattern may just have been set.
                    flags = depth == 0 ? _globalFlags : flags;
                    break;
                case '?' or '*' or '+' or '{':
                    ParseQuantifier(next, pieces, flags);
                    break;
                default:
                    pieces.Add(ParseOne(next, flags));
                    break;
            }
        }

        return RegexPiece.Sequence(pieces);
    }

    private RegexPiece ParseOne(char next, PythonRegexFlags flags) => next switch
    {
        '[' => _escapes.ParseSet(flags),
        '.' => RegexPiece.One(flags.HasFlag(PythonRegexFlags.DotAll) ? @"[\s\S]" : @"[^\n]"),
        '^' => RegexPiece.Place(flags.HasFlag(PythonRegexFlags.Multiline) ? "(?m:^)" : @"\A"),
        '$' => RegexPiece.Place(flags.HasFlag(PythonRegexFlags.Multiline) ? "(?m:$)" : @"\Z"),
        _ => _escapes.Literal(next, flags),
    };

    private bool SkipVerbose(char next)
    {
        if (next == '#')
        {
            while (!_cursor.AtEnd && _cursor.TakeToken() != '\n')
            {
            }

            return true;
        }

        return next is ' ' or '\t' or '\n' or '\r' or '\v' or '\f';
    }

    private void ParseQuantifier(char sign, List<RegexPiece> pieces, PythonRegexFlags flags)
    {
        (long min, long max) = sign switch
        {
            '?' => (0, 1),
            '*' => (0, RegexPiece.Unbounded),
            '+' => (1, RegexPiece.Unbounded),
            _ => ParseBraces(),
        };
        if (min < 0)
        {
            pieces.Add(_escapes.Literal('{', flags));
            return;
        }

        if (pieces.Count == 0 || pieces[^1].Kind != RegexPieceKind.Item)
        {
            throw _cursor.Syntax(pieces.Count > 0 && pieces[^1].Kind == RegexPieceKind.Repeat ? "repeats what is repeated already" : "has nothing to repeat");
        }

        string quantifier = max == RegexPiece.Unbounded ? $"{{{min},}}" : $"{{{min},{max}}}";
        RegexPiece item = pieces[^1];
        _repeatsEmpty |= item.MinWidth == 0 && max > 1;
        if (_cursor.TryTake('?'))
        {
            // The backtracking machine of .NET 10 finds wrong matches for these, runs for ever or fails inside.
            pieces[^1] = item.MinWidth > 0 ? item.Repeated(quantifier + "?", min, max) : throw _cursor.Unsupported("repeats lazily what may be empty");
        }
        else if (_cursor.TryTake('+'))
        {
            pieces[^1] = (item.Repeated(quantifier, min, max) with { Backtracks = true }).Grouped("(?>") with { Kind = RegexPieceKind.Repeat };
        }
        else
        {
            pieces[^1] = item.Repeated(quantifier, min, max);
        }
    }

    /// <summary>
    /// Reads what follows an opening brace; without a form such as <c>{2}</c>, <c>{2,}</c>, <c>{,3}</c> or <c>{,}</c> the brace stands for itself and the
    /// result is negative.
    /// </summary>
    private (long Min, long Max) ParseBraces()
    {
        int start = _cursor.Position;
        string low = _cursor.TakeWhile(int.MaxValue, char.IsAsciiDigit);
        bool comma = _cursor.TryTake(',');
        string high = comma ? _cursor.TakeWhile(int.MaxValue, char.IsAsciiDigit) : low;
        if ((!comma && low.Length == 0) || !_cursor.TryTake('}'))
        {
            _cursor.Position = start;
            return (-1, -1);
        }

        long min = low.Length == 0 ? 0 : Count(low);
        long max = high.Length == 0 ? RegexPiece.Unbounded : Count(high);
        return max >= min ? (min, max) : throw _cursor.Syntax("repeats at least more often than at most");
    }

    private long Count(string digits) => long.TryParse(digits, out long count) && count <= MaxRepeat
        ? count
        : throw _cursor.Unsupported($"repeats more often than {MaxRepeat} times");

    /// <summary>Reads a group after its parenthesis; a comment and flags for the whole pattern give nothing.</summary>
    private RegexPiece? ParseGroup(PythonRegexFlags flags, int depth, bool mayStart)
    {
        if (!_cursor.TryTake('?'))
        {
            return ParseCapture(null, flags, depth);
        }

        switch (_cursor.Take())
        {
            case 'P' when _cursor.TryTake('<'):
                return ParseCapture(_cursor.TakeUntil('>'), flags, depth);
            case 'P' when _cursor.TryTake('='):
                return _escapes.Reference(_groups.Number(_cursor.TakeUntil(')')), flags);
            case ':':
                return ParseInner("(?:", flags, depth);
            case '>':
                return ParseInner("(?>", flags, depth) with { Backtracks = true };
            case '=':
                return LookAround(ParseInner("(?=", flags, depth));
            case '!':
                return LookAround(ParseInner("(?!", flags, depth));
            case '<':
                return ParseLookBehind(flags, depth);
            case '(':
                return ParseCondition(flags, depth);
            case '#':
                SkipComment();
                return null;
            case var letter when PythonRegexFlagLetters.IsStart(letter):
                return ParseFlags(letter, flags, depth, mayStart);
            case var other:
                throw _cursor.Syntax($"has the unknown extension (?{other}");
        }
    }

    private void SkipComment()
    {
        while (_cursor.IsEscape || !_cursor.TryTake(')'))
        {
            _cursor.TakeToken();
        }
    }

    private RegexPiece? ParseFlags(char letter, PythonRegexFlags flags, int depth, bool mayStart)
    {
        var letters = PythonRegexFlagLetters.Parse(letter, _cursor);
        if (!letters.IsGlobal)
        {
            return ParseInner("(?:", letters.ApplyTo(flags), depth);
        }

        if (!mayStart)
        {
            throw _cursor.Syntax("sets flags for the whole pattern elsewhere than at its start");
        }

        _globalFlags |= letters.Added;
        return _globalFlags.HasFlag(PythonRegexFlags.Ascii | PythonRegexFlags.Unicode)
            ? throw _cursor.Syntax("sets flags that exclude each other")
            : null;
    }

    private RegexPiece ParseCapture(string? name, PythonRegexFlags flags, int depth)
    {
        int number = _groups.Open(name);
        RegexPiece inner = ParseInner($"(?<{number}>", flags, depth);
        _groups.Close(number, inner);
        return inner;
    }

    private RegexPiece ParseLookBehind(PythonRegexFlags flags, int depth)
    {
        char kind = _cursor.Take();
        if (kind is not ('=' or '!'))
        {
            throw _cursor.Syntax($"has the unknown extension (?<{kind}");
        }

        bool outermost = _groups.EnterLookBehind();
        RegexPiece inner = ParseInner("(?<" + kind, flags, depth);
        _groups.LeaveLookBehind(outermost);
        return inner.MinWidth == inner.MaxWidth && inner.MaxWidth < RegexPiece.Unbounded
            ? LookAround(inner)
            : throw _cursor.Syntax("looks behind for something without a fixed width");
    }

    private RegexPiece ParseCondition(PythonRegexFlags flags, int depth)
    {
        int number = _groups.Condition(_cursor.TakeUntil(')'));
        RegexPiece yes = ParseSequence(flags, depth + 1, mayStart: false);
        RegexPiece no = _cursor.TryTake('|') ? ParseSequence(flags, depth + 1, mayStart: false) : RegexPiece.Place(string.Empty);
        Close();
        return RegexPiece.Choice([yes, no]).Grouped($"(?({number})") with { Backtracks = true };
    }

    private RegexPiece ParseInner(string opening, PythonRegexFlags flags, int depth)
    {
        RegexPiece inner = ParseChoice(flags, depth + 1);
        Close();
        return inner.Grouped(opening);
    }

    private void Close()
    {
        if (!_cursor.TryTake(')'))
        {
            throw _cursor.Syntax(_cursor.AtEnd ? "lacks a closing parenthesis" : "has a condition with more than two branches");
        }
    }

    private static RegexPiece LookAround(RegexPiece inner) => inner with { MinWidth = 0, MaxWidth = 0, Backtracks = true };
}
