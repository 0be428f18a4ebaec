using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>One process among all that ever were: a process number alone comes back.</summary>
/// <param name="System">Machine, boot and, on Linux, process namespace: within it a number and a start name one process.</param>
/// <param name="Id">Its number.</param>
/// <param name="Started">When it started: on Linux in the kernel's ticks since the boot, elsewhere in ticks of the clock.</param>
internal sealed record ProcessMark(string System, int Id, long Started)
{
    private const int StartField = 21;

    /// <summary>This process.</summary>
    public static ProcessMark Self { get; } = new(SystemName(), Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0);

    /// <summary>A word for the system that fits into a file name.</summary>
    public string SystemHash
    {
        get
        {
            // Nobody is kept out by it: the lock names the system in full. A cryptographic hash would load OpenSSL, longer than a small conversion takes.
            var checksum = default(Crc32);
            checksum.Append(Encoding.UTF8.GetBytes(System));
            return checksum.Value.ToString("x8", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Whether a process of this system has ended; <see langword="false"/> where that cannot be told.</summary>
    public static bool HasEnded(int id, long started) => !(id == Self.Id && started == Self.Started) && StartOf(id) != started;

    // When the process of this number started; null where there is none.
    private static long? StartOf(int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The second field is the program's name, which may hold blanks and parentheses.
                string status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
                return long.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[StartField - 2], CultureInfo.InvariantCulture);
            }

            using Process process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime().Ticks;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or InvalidOperationException)
        {
            return null;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or Win32Exception)
        {
            // Someone else's, and running.
            return 0;
        }
    }

    private static string SystemName()
    {
        string name = Environment.MachineName;
        if (OperatingSystem.IsLinux())
        {
            try
            {
                string spaceOfProcesses = File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name ?? string.Empty;
                name += $" {File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {spaceOfProcesses}";
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Without /proc the machine must do; a process's start tells the rest.
            }
        }

        return name;
    }
}
