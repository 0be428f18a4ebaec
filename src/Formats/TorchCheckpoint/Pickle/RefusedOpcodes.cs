using System.Globalization;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>Names of the opcodes that are refused, as Python's pickletools calls them.</summary>
internal static class RefusedOpcodes
{
    public static string Name(byte opcode) => opcode switch
    {
        0x30 => "POP",
        0x31 => "POP_MARK",
        0x32 => "DUP",
        0x46 => "FLOAT",
        0x49 => "INT",
        0x4c => "LONG",
        0x50 => "PERSID",
        0x53 => "STRING",
        0x56 => "UNICODE",
        0x64 => "DICT",
        0x67 => "GET",
        0x69 => "INST",
        0x6c => "LIST",
        0x6f => "OBJ",
        0x70 => "PUT",
        0x80 => "PROTO",
        0x81 => "NEWOBJ",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x8b => "LONG4",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        0x8f => "EMPTY_SET",
        0x90 => "ADDITEMS",
        0x91 => "FROZENSET",
        0x92 => "NEWOBJ_EX",
        0x96 => "BYTEARRAY8",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{opcode:x2}"),
    };
}
