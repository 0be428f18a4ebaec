using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>Checks a download against its etag: 64 hexadecimal digits are the SHA-256 of the content, 40 the SHA-1 that Git has of it.</summary>
internal static class BlobHash
{
    private const int Sha256Digits = 64;
    private const int Sha1Digits = 40;

    /// <summary>Whether a file is what its etag says; what has another form is not checked, but for its size.</summary>
    public static bool Matches(string path, string etag)
    {
        if (!etag.All(char.IsAsciiHexDigitLower) || etag.Length is not (Sha256Digits or Sha1Digits))
        {
            return true;
        }

        using FileStream file = File.OpenRead(path);
        return etag == Convert.ToHexStringLower(etag.Length == Sha256Digits ? SHA256.HashData(file) : GitHash(file));
    }

    // Git names content by this hash; nothing here rests on its strength.
#pragma warning disable CA5350
    private static byte[] GitHash(FileStream file)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Length}\0")));
        byte[] buffer = new byte[1 << 16];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, read);
        }

        return hash.GetHashAndReset();
    }
#pragma warning restore CA5350
}
