using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Batch.Shards;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Batch.Journal;

public sealed class BatchJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_done_is_passed_over_with_its_findings_and_hashes()
    {
        string runs = Runs.Make(_folder, "a", "b");
        (BatchSummary first, List<BatchOutcome> outcomes) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal(2, first.Done["converted"]);
        string[] before = Runs.Contents(_folder["out"]);
        string[] journals = Journals();
        Assert.Single(journals);

        (BatchSummary second, List<BatchOutcome> again) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal((2, 0), (second.Skipped, second.Done.Count));
        Assert.Equal(before, Runs.Contents(_folder["out"]));
        Assert.Equal(journals, Journals());
        Assert.Equal(outcomes.Select(outcome => string.Join('\n', outcome.Findings)), again.Select(outcome => string.Join('\n', outcome.Findings)));
        Assert.Equal(
            ["adapter_config.json", "adapters.safetensors"],
            again[0].Outputs.Select(file => file.Name));
        Assert.All(again[0].Outputs, file => Assert.Equal(Independent(_folder[$"out/a/{file.Name}"]), file.Hash));
    }

    [Fact]
    public void A_changed_input_is_done_again_over_the_output_that_was_written_for_it()
    {
        string runs = Runs.Make(_folder, "a", "b");
        Runs.Convert(runs, _folder["out"]);
        string config = _folder["runs/a/adapter_config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"lora_alpha\": 16", "\"lora_alpha\": 32", StringComparison.Ordinal));
        string old = File.ReadAllText(_folder["out/a/adapter_config.json"]);
        (BatchSummary summary, _) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal((1, 1), (summary.Done["converted"], summary.Skipped));
        Assert.NotEqual(old, File.ReadAllText(_folder["out/a/adapter_config.json"]));
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(1000, true)]
    public void A_change_that_keeps_size_and_time_is_seen_where_the_first_look_was_shortly_after(int milliseconds, bool isTaken)
    {
        string path = _folder["adapter_config.json"];
        File.WriteAllText(path, "one");
        var time = new DateTime(2026, 11, 27, 9, 30, 0, 123, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        IReadOnlyDictionary<string, string> files = InputFiles.Of(_folder.Path, takesAll: false);
        var stamps = InputFiles.Stamp(files);
        File.WriteAllText(path, "two");
        File.SetLastWriteTimeUtc(path, time);
        Assert.Equal(isTaken, InputFiles.AreUnchanged(stamps, files, time.AddMilliseconds(milliseconds).Ticks));
    }

    [Fact]
    public void A_touched_input_with_the_same_content_is_done()
    {
        string runs = Runs.Make(_folder, "a");
        Runs.Convert(runs, _folder["out"]);
        File.SetLastWriteTimeUtc(_folder["runs/a/adapter_config.json"], DateTime.UtcNow.AddMinutes(-5));
        Assert.Equal(1, Runs.Convert(runs, _folder["out"]).Summary.Skipped);
    }

    [Fact]
    public void Other_options_are_other_work_and_replace_what_the_batch_wrote_itself()
    {
        string runs = Runs.Make(_folder, "a");
        Runs.Convert(runs, _folder["out"]);
        Assert.Equal(1, Runs.Convert(runs, _folder["out"], asked: "other").Summary.Done["converted"]);
    }

    [Fact]
    public void An_output_that_someone_changed_is_not_replaced()
    {
        string runs = Runs.Make(_folder, "a");
        Runs.Convert(runs, _folder["out"]);
        File.AppendAllText(_folder["out/a/adapter_config.json"], " ");
        (BatchSummary summary, _) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal(1, summary.Refused["TF5016"]);
        Assert.EndsWith(" ", File.ReadAllText(_folder["out/a/adapter_config.json"]));
    }

    [Fact]
    public void An_output_that_is_gone_is_written_again()
    {
        string runs = Runs.Make(_folder, "a");
        Runs.Convert(runs, _folder["out"]);
        string[] before = Runs.Contents(_folder["out"]);
        Directory.Delete(_folder["out/a"], recursive: true);
        Assert.Equal(1, Runs.Convert(runs, _folder["out"]).Summary.Done["converted"]);
        Assert.Equal(before, Runs.Contents(_folder["out"]));
    }

    [Fact]
    public void Without_its_journal_an_output_with_the_same_bytes_is_adopted()
    {
        string runs = Runs.Make(_folder, "a", "b");
        Runs.Convert(runs, _folder["out"]);
        string[] before = Runs.Contents(_folder["out"]);
        Array.ForEach(Journals(), File.Delete);
        (BatchSummary summary, List<BatchOutcome> outcomes) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal(2, summary.Done["converted"]);
        Assert.All(outcomes, outcome => Assert.Contains(outcome.Findings, finding => finding.Code.Id == "TF7011"));
        Assert.Equal(before, Runs.Contents(_folder["out"]));
        Assert.Equal(2, Runs.Convert(runs, _folder["out"]).Summary.Skipped);
    }

    [Fact]
    public void An_input_that_changed_while_it_was_in_work_is_done_again_whatever_its_time_says()
    {
        string runs = Runs.Make(_folder, "a");
        string config = _folder["runs/a/adapter_config.json"], text = File.ReadAllText(config);
        DateTime time = DateTime.UtcNow.AddMilliseconds(500);
        File.SetLastWriteTimeUtc(config, time);
        Runs.Convert(runs, _folder["out"], after: () =>
        {
            // As long and of the same time, as disks that count coarsely have it; the line is written long after.
            File.WriteAllText(config, text.Replace("\"lora_alpha\": 16", "\"lora_alpha\": 32", StringComparison.Ordinal));
            File.SetLastWriteTimeUtc(config, time);
            Thread.Sleep(time.AddMilliseconds(200) - DateTime.UtcNow);
        });
        Assert.NotEqual(text, File.ReadAllText(config));
        Assert.Equal(1, Runs.Convert(runs, _folder["out"]).Summary.Done["converted"]);
        Assert.Equal(1, Runs.Convert(runs, _folder["out"]).Summary.Skipped);
    }

    [Fact]
    public void What_was_refused_is_tried_again()
    {
        string runs = Runs.Make(_folder, "a");
        string weights = _folder["runs/a/adapter_model.safetensors"];
        byte[] whole = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, whole[..^100]);
        (BatchSummary first, _) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal(1, first.Refused["TF1101"]);
        Assert.False(Directory.Exists(_folder["out/a"]));
        File.WriteAllBytes(weights, whole);
        Assert.Equal(1, Runs.Convert(runs, _folder["out"]).Summary.Done["converted"]);
    }

    [Fact]
    public void A_torn_line_costs_its_own_input_and_is_said()
    {
        string runs = Runs.Make(_folder, "a", "b");
        Runs.Convert(runs, _folder["out"]);
        string path = Journals().Single();
        byte[] lines = File.ReadAllBytes(path);
        File.WriteAllBytes(path, lines[..^20]);
        using var journal = BatchJournal.Open(_folder["out"], new JournalOptions { Verb = "convert", Asked = "mlx-lm", Output = _folder["out"] });
        Assert.Equal(["TF7012"], journal.Findings.Select(finding => finding.Code.Id));
        Assert.Equal((1, 1), (Runs.Convert(runs, _folder["out"]).Summary is var summary ? (summary.Skipped, summary.Done["converted"]) : default));
    }

    [Fact]
    public void Five_in_a_hundred_are_damaged_and_exactly_those_are_refused()
    {
        string[] names = [.. Enumerable.Range(0, 60).Select(i => $"{i:d2}")];
        string runs = Runs.Make(_folder, names);
        string Weights(string name) => Path.Combine(runs, name, "adapter_model.safetensors");
        string Config(string name) => Path.Combine(runs, name, "adapter_config.json");
        File.WriteAllBytes(Weights("07"), File.ReadAllBytes(Weights("07"))[..^64]);
        File.WriteAllText(Config("23"), "{");
        File.WriteAllText(Config("41"), File.ReadAllText(Config("41")).Replace("\"r\": 8", "\"r\": \"eight\"", StringComparison.Ordinal));
        (BatchSummary summary, List<BatchOutcome> outcomes) = Runs.Convert(runs, _folder["out"]);
        Assert.Equal(["07", "23", "41"], outcomes.Where(outcome => outcome.Verdict != BatchVerdict.Done).Select(outcome => outcome.Input.Name));
        Assert.Equal(57, summary.Done["converted"]);
        Assert.Equal(3, summary.Refused.Count);
        Assert.Equal(names.Except(["07", "23", "41"]), Directory.GetDirectories(_folder["out"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Shards_are_merged_to_what_one_process_reports()
    {
        string runs = Runs.Make(_folder, [.. Enumerable.Range(0, 9).Select(i => $"{i}")]);
        File.WriteAllText(Path.Combine(runs, "4", "adapter_config.json"), "{");
        for (int i = 1; i <= 4; i++)
        {
            Shard(runs, new Shard(i, 4));
            MergedReport partial = MergedReport.Read(_folder["out"]);
            Assert.Equal(i == 4, partial.Findings.IsEmpty);
        }

        MergedReport merged = MergedReport.Read(_folder["out"]);
        Assert.Equal(Enumerable.Range(0, 9).Select(i => $"{i}"), merged.Outcomes.Select(outcome => outcome.Input.Name));
        Assert.Equal((8, 1, 0), (merged.Summary.Done["converted"], merged.Summary.Refused["TF1401"], merged.Summary.NotRun));
        Assert.Equal(["1/4", "2/4", "3/4", "4/4"], merged.Shards.Select(shard => shard.Shard));
        Assert.Equal(9, merged.Shards.Sum(shard => shard.Ended));
        (_, List<BatchOutcome> whole) = Runs.Convert(runs, _folder["whole"]);
        Assert.Equal(whole.Select(outcome => (outcome.Input.Name, outcome.Verdict)), merged.Outcomes.Select(outcome => (outcome.Input.Name, outcome.Verdict)));
        Assert.Equal(Runs.Contents(_folder["whole"]), Runs.Contents(_folder["out"]));
    }

    [Fact]
    public void A_shard_that_never_ran_or_saw_other_inputs_is_named()
    {
        string runs = Runs.Make(_folder, "0", "1", "2");
        Shard(runs, new Shard(1, 3));
        MergedReport missing = MergedReport.Read(_folder["out"]);
        Assert.Equal(["error TF7020 2 of 3 shards: no journal tells of 2 and 1 more"], missing.Findings.Select(finding => $"{finding}"));
        Runs.Make(_folder, "3");
        Shard(runs, new Shard(2, 3));
        Shard(runs, new Shard(3, 3));
        Assert.Equal(["TF7021"], MergedReport.Read(_folder["out"]).Findings.Select(finding => finding.Code.Id));
    }

    [Fact]
    public void A_folder_without_a_journal_is_no_batch() => Assert.Throws<BatchException>(() => MergedReport.Read(_folder.Path));

    private void Shard(string runs, Shard shard)
    {
        var found = Transfuse.Conversion.Batch.Discovery.InputDiscovery.Find([runs + "/*"]);
        var inputs = ShardPlan.Of(found.Inputs, shard);
        using BatchJournal journal = BatchJournal.Open(_folder["out"], new JournalOptions { Verb = "convert", Asked = "mlx-lm", Output = _folder["out"] });
        journal.Begin($"{shard}", inputs, found.Inputs);
        AdapterBatch.Of(inputs).WithOptions(new BatchOptions { Journal = journal, Jobs = 2 })
            .Run(BatchWork.Convert(Metadata.Targets.TargetProfile.MlxLm, new Transfuse.Conversion.Batch.Outputs.BatchOutput(_folder["out"], found.Inputs, adopts: true)), TestContext.Current.CancellationToken);
    }

    private string[] Journals() => Directory.GetFiles(_folder["out"], ".transfuse.*");

    // The bytes in an order that the writer does not use.
    private static string Independent(string path) => "xxh128:" + System.Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(File.ReadAllBytes(path)));
}
