using System.Text.RegularExpressions;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests;

/// <summary>A floor uses only floors below it; dialects do not know each other.</summary>
public class FloorTests
{
    private static readonly string[] Floors = ["Formats", "Metadata", "Conversion", "Apply", "Cli"];

    private static readonly string Source = Path.Combine(Fixtures.RepositoryRoot, "src");

    public static TheoryData<string> Present { get; } = [.. Floors.Where(floor => Directory.Exists(Path.Combine(Source, floor)))];

    [Theory]
    [MemberData(nameof(Present))]
    public void Projects_reference_lower_floors_only(string floor)
    {
        string project = File.ReadAllText(Directory.GetFiles(Path.Combine(Source, floor), "*.csproj").Single());
        foreach (Match reference in Regex.Matches(project, @"ProjectReference Include=""\.\./(\w+)/"))
        {
            Assert.True(Array.IndexOf(Floors, reference.Groups[1].Value) < Array.IndexOf(Floors, floor), $"{floor} references {reference.Groups[1].Value}");
        }
    }

    [Theory]
    [InlineData("Peft", "Mlx")]
    [InlineData("Mlx", "Peft")]
    public void Dialects_do_not_know_each_other(string dialect, string other)
    {
        string[] files = Directory.GetFiles(Path.Combine(Source, "Conversion", "Dialects", dialect), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => File.ReadAllText(file).Contains($"Dialects.{other}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Sources")]
    [InlineData("Models", "Sources")]
    [InlineData("Sinks", "Sources", "Models")]
    [InlineData("Dialects", "Sources", "Models")]
    [InlineData("Readers", "Sources", "Models", "Dialects")]
    [InlineData("Checking", "Sources", "Models", "Readers")]
    [InlineData("Verification", "Models")]
    [InlineData("Profiles", "Models", "Verification")]
    [InlineData("Stages", "Sources", "Models", "Sinks", "Dialects", "Readers", "Checking", "Verification")]
    [InlineData("Pipeline", "Sources", "Models", "Sinks", "Dialects", "Readers", "Verification", "Stages")]
    [InlineData("Repair", "Sources", "Models", "Sinks", "Dialects", "Stages")]
    [InlineData("Batch", "Sources", "Sinks", "Dialects", "Checking", "Pipeline", "Repair")]
    public void Rooms_of_conversion_use_lower_rooms_only(string room, params string[] lower)
    {
        string[] files = Directory.GetFiles(Path.Combine(Source, "Conversion", room), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        IEnumerable<string> used = files.SelectMany(file => Regex.Matches(File.ReadAllText(file), @"^using Transfuse\.Conversion\.(\w+)", RegexOptions.Multiline))
            .Select(match => match.Groups[1].Value).Distinct();
        Assert.Empty(used.Except([room, .. lower]));
    }

    // Every room is in the table above, so that two can never use each other.
    [Fact]
    public void Every_room_of_conversion_is_guarded()
    {
        string[] rooms = [.. Directory.GetDirectories(Path.Combine(Source, "Conversion")).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal)];
        Assert.Equal(["Batch", "Checking", "Dialects", "Models", "Pipeline", "Profiles", "Readers", "Repair", "Sinks", "Sources", "Stages", "Verification"], rooms);
    }

    [Theory]
    [InlineData("Read")]
    [InlineData("RemapKeys")]
    [InlineData("Transpose")]
    [InlineData("Infer", "Read")]
    [InlineData("Fit", "Read")]
    [InlineData("Enrich", "Fit")]
    [InlineData("Write", "Fit", "Enrich")]
    public void Stages_use_stages_before_them_only(string stage, params string[] before)
    {
        string[] files = Directory.GetFiles(Path.Combine(Source, "Conversion", "Stages", stage), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        IEnumerable<string> used = files.SelectMany(file => Regex.Matches(File.ReadAllText(file), @"^using Transfuse\.Conversion\.Stages\.(\w+)", RegexOptions.Multiline))
            .Select(match => match.Groups[1].Value).Distinct();
        Assert.Empty(used.Except([stage, .. before]));
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Source, "Conversion", "Stages"), "*.cs"), file => File.ReadAllText(file).Contains("using Transfuse.Conversion.Stages.", StringComparison.Ordinal));
    }

    // Rooms of readers: what one alone does is in its folder, what several share in Mlx, Peft and Served.
    [Theory]
    [InlineData("Mlx")]
    [InlineData("MlxLm", "Mlx")]
    [InlineData("MlxSwift", "Mlx", "Served")]
    [InlineData("MlxVlm", "Mlx", "MlxLm")]
    [InlineData("Unsloth", "Mlx", "MlxLm")]
    [InlineData("Peft")]
    [InlineData("Served", "Peft")]
    [InlineData("Vllm", "Peft", "Served")]
    [InlineData("Sglang", "Peft", "Served")]
    public void Readers_know_only_those_that_they_call(string reader, params string[] others)
    {
        string[] files = Directory.GetFiles(Path.Combine(Source, "Conversion", "Readers", reader), "*.cs");
        Assert.NotEmpty(files);
        IEnumerable<string> used = files.SelectMany(file => Regex.Matches(File.ReadAllText(file), @"^using Transfuse\.Conversion\.Readers\.(\w+)", RegexOptions.Multiline))
            .Select(match => match.Groups[1].Value).Distinct();
        Assert.Empty(used.Except(others));
    }

    [Fact]
    public void Steps_know_nothing_of_the_table() =>
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Source, "Conversion", "Models", "Steps"), "*.cs"),
            file => File.ReadAllText(file).Contains("Models.Architectures", StringComparison.Ordinal));

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("File.Open")]
    [InlineData("File.Read")]
    [InlineData("Directory.")]
    [InlineData("HttpClient")]
    [InlineData("Console.")]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow")]
    public void Metadata_touches_no_file_network_clock_or_console(string forbidden)
    {
        string[] files = Directory.GetFiles(Path.Combine(Source, "Metadata"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/"))
            .ToArray();
        Assert.True(files.Length > 50, $"only {files.Length} files were looked at");
        // Examples in the documentation print what they show.
        Assert.DoesNotContain(
            files,
            file => File.ReadLines(file).Any(line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal) && line.Contains(forbidden, StringComparison.Ordinal)));
    }
}
