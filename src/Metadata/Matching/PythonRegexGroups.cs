using System.Globalization;

namespace Transfuse.Metadata.Matching;

/// <summary>The groups of a pattern: Python numbers named and unnamed ones together, in the order of their parentheses.</summary>
internal sealed class PythonRegexGroups(PatternCursor cursor)
{
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly List<RegexPiece?> _pieces = [null];
    private int _highestCondition;
    private int? _groupsBeforeLookBehind;

    public IReadOnlyDictionary<string, int> Names => _names;

    /// <summary>Begins a group.</summary>
    public int Open(string? name)
    {
        int number = _pieces.Count;
        if (name is not null)
        {
            CheckName(name);
            if (!_names.TryAdd(name, number))
            {
                throw cursor.Syntax($"names the group \"{name}\" twice");
            }
        }

        _pieces.Add(null);
        return number;
    }

    /// <summary>Ends a group.</summary>
    public void Close(int number, RegexPiece piece) => _pieces[number] = piece;

    /// <summary>The number of a named group.</summary>
    public int Number(string name)
    {
        CheckName(name);
        return _names.TryGetValue(name, out int number) ? number : throw cursor.Syntax($"refers to the unknown group \"{name}\"");
    }

    /// <summary>What a group that may be referred to here holds.</summary>
    public RegexPiece Referred(int number)
    {
        if (number <= 0 || number >= _pieces.Count)
        {
            throw cursor.Syntax($"refers to the unknown group {number}");
        }

        CheckLookBehind(number);
        return _pieces[number] ?? throw cursor.Syntax($"refers to group {number} inside it");
    }

    /// <summary>The group that a condition asks about, by name or number; numbers may lie ahead.</summary>
    public int Condition(string reference)
    {
        int number;
        if (reference.Length > 0 && reference.All(char.IsAsciiDigit))
        {
            if (!int.TryParse(reference, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number == 0)
            {
                throw cursor.Syntax("asks about a group that cannot be");
            }
        }
        else
        {
            number = Number(reference);
        }

        _highestCondition = Math.Max(_highestCondition, number);
        CheckLookBehind(number);
        return number;
    }

    /// <summary>Refuses conditions on groups that never came.</summary>
    public void CheckConditions()
    {
        if (_highestCondition >= _pieces.Count)
        {
            throw cursor.Syntax($"refers to the unknown group {_highestCondition}");
        }
    }

    /// <summary>Begins a look-behind.</summary>
    /// <returns>Whether it lies in no other.</returns>
    public bool EnterLookBehind()
    {
        bool outermost = _groupsBeforeLookBehind is null;
        _groupsBeforeLookBehind ??= _pieces.Count;
        return outermost;
    }

    /// <summary>Ends a look-behind.</summary>
    public void LeaveLookBehind(bool outermost) => _groupsBeforeLookBehind = outermost ? null : _groupsBeforeLookBehind;

    private void CheckLookBehind(int number)
    {
        if (_groupsBeforeLookBehind is { } before && (number >= before || _pieces[number] is null))
        {
            throw cursor.Syntax("refers from a look-behind to a group that is not complete before it");
        }
    }

    private void CheckName(string name)
    {
        bool valid = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(unit => unit == '_' || char.IsAsciiLetterOrDigit(unit));
        if (!valid)
        {
            throw name.Any(unit => unit >= 0x80)
                ? cursor.Unsupported($"has the group name \"{name}\", which is not ASCII")
                : cursor.Syntax($"has the bad group name \"{name}\"");
        }
    }
}
