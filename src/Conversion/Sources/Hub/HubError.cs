namespace Transfuse.Conversion.Sources.Hub;

/// <summary>Why something cannot be had from a hub, however often it is asked.</summary>
/// <seealso cref="Transfuse.Conversion.Sources.Hub.HubException" />
public enum HubError
{
    /// <summary>The repository, the revision, or a file is not there, or not for this user.</summary>
    Missing,

    /// <summary>The repository asks that its terms are accepted first, or the token does not allow it.</summary>
    Denied,

    /// <summary>What came is not what the hub says the file is.</summary>
    Checksum,

    /// <summary>What came is the pointer of Git LFS and not the file that it stands for.</summary>
    Pointer,

    /// <summary>No network is to be used, and the cache does not hold it.</summary>
    Offline,

    /// <summary>The hub answers something that is no answer: no commit, names that lead out of a folder.</summary>
    Answer,
}
