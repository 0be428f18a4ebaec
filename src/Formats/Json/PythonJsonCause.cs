namespace Transfuse.Formats.Json;

/// <summary>Why a JSON document was refused; one value per cause.</summary>
internal enum PythonJsonCause
{
    /// <summary>The document has more bytes than <see cref="PythonJsonLimits.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>Lists and objects are nested deeper than <see cref="PythonJsonLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>The document holds more values than <see cref="PythonJsonLimits.MaxValues"/>.</summary>
    TooManyValues,

    /// <summary>The text of a number is longer than <see cref="PythonJsonLimits.MaxNumberLength"/>.</summary>
    NumberTooLong,

    /// <summary>The bytes are not UTF-8; also UTF-8 that encodes a surrogate.</summary>
    InvalidUtf8,

    /// <summary>The document ends inside a value.</summary>
    UnexpectedEnd,

    /// <summary>A character stands where JSON allows none such.</summary>
    UnexpectedCharacter,

    /// <summary>A string holds a character below U+0020 that is not escaped.</summary>
    ControlCharacter,

    /// <summary>A backslash is followed by something that is not an escape.</summary>
    InvalidEscape,

    /// <summary>A number is not in JSON's form, such as <c>01</c>, <c>1.</c> or <c>1e</c>.</summary>
    InvalidNumber,

    /// <summary>An object has a name twice. Python would silently take the last.</summary>
    DuplicateName,

    /// <summary>Something follows the value.</summary>
    TrailingData,

    /// <summary>The document is JSON, but not the object that was expected.</summary>
    NotAnObject,
}
