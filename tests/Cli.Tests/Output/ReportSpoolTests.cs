using System.Text;
using Transfuse.Cli.Output;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Tests.Output;

/// <summary>Parts that were written as they came stand in the report as if it had been written at once.</summary>
public class ReportSpoolTests
{
    [Theory]
    [InlineData(3, 10)]
    [InlineData(40, 300_000)]
    public void Parts_stand_as_in_a_report_that_is_written_at_once(int count, int length)
    {
        JsonObject[] parts = [.. Enumerable.Range(0, count).Select(i => new JsonObject(
        [
            new("name", new JsonString(new string((char)('a' + (i % 26)), length))),
            new("list", new JsonArray([JsonNumber.Of(i), JsonNull.Instance])),
        ]))];
        using var spool = new ReportSpool();
        foreach (JsonObject part in parts)
        {
            spool.Add(part, depth: 2);
        }

        byte[] wanted = PythonJson.Write(new JsonObject([new("first", JsonNumber.Of(1)), new("inputs", new JsonArray([.. parts]))]), PythonJsonStyle.Report);
        byte[] written = PythonJson.Write(new JsonObject([new("first", JsonNumber.Of(1)), new("inputs", spool.Parts)]), PythonJsonStyle.Report);
        Assert.Equal(Encoding.ASCII.GetString(wanted), Encoding.ASCII.GetString(written));
        Assert.Equal(written, PythonJson.Write(new JsonObject([new("first", JsonNumber.Of(1)), new("inputs", spool.Parts)]), PythonJsonStyle.Report));
    }

    [Fact]
    public void Without_parts_the_list_is_empty()
    {
        using var spool = new ReportSpool();
        Assert.Equal("[]"u8.ToArray(), PythonJson.Write(spool.Parts, PythonJsonStyle.Report));
    }
}
