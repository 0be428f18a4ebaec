using System.Text;
using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Tests.Dialects.Editing;

public class ConfigEditorTests
{
    [Fact]
    public void Keeps_order_and_text_of_what_it_does_not_change()
    {
        ConfigEditor editor = Edit("{\"b\":1.50,\"a\":{\"y\":1,\"x\":2e-05},\"c\":[1]}");
        editor.Set("a.y", 7L, "seven");
        editor.Set("a.z", 0.5, "new");
        editor.Set("d", new JsonString("end"), "new");
        Assert.Equal("{\"b\":1.50,\"a\":{\"y\":7,\"x\":2e-05,\"z\":0.5},\"c\":[1],\"d\":\"end\"}", Text(editor));
        Assert.Equal(["a.y: 1 -> 7: seven", "a.z: (none) -> 0.5: new", "d: (none) -> \"end\": new"], editor.Changes.Select(change => change.ToString()));
    }

    [Fact]
    public void Records_nothing_where_the_value_is_written_so_already()
    {
        ConfigEditor editor = Edit("{\"scale\":2,\"n\":{\"k\":[\"a\"]}}");
        editor.Set("scale", 2.0, "same number");
        editor.Set("n.k", JsonArray.Of(["a"]), "same list");
        editor.Remove("missing", "not there");
        editor.Remove("n.missing", "not there");
        Assert.Empty(editor.Changes);
    }

    [Fact]
    public void An_integer_loses_its_point()
    {
        ConfigEditor editor = Edit("{\"r\":8.0}");
        editor.Set("r", 8L, "integer");
        Assert.Equal("{\"r\":8}", Text(editor));
    }

    [Theory]
    [InlineData("{\"p\":null}")]
    [InlineData("{\"p\":5}")]
    [InlineData("{}")]
    public void What_is_no_object_is_replaced_by_one(string config)
    {
        ConfigEditor editor = Edit(config);
        editor.Set("p.rank", 4L, "rank");
        editor.Set("p.scale", 2.0, "scale");
        Assert.Equal("{\"p\":{\"rank\":4,\"scale\":2.0}}", Text(editor));
    }

    [Fact]
    public void Removes_and_renames_in_place()
    {
        ConfigEditor editor = Edit("{\"old\":16,\"p\":{\"alpha\":1,\"rank\":2},\"z\":0}");
        editor.Rename("old", "new", JsonNumber.Of(3L), "renamed");
        editor.Remove("p.alpha", "gone");
        editor.Remove("z", "gone");
        Assert.Equal("{\"new\":3,\"p\":{\"rank\":2}}", Text(editor));
        Assert.Equal(
            ["old -> new: 16 -> 3: renamed", "p.alpha: 1 -> (removed): gone", "z: 0 -> (removed): gone"], editor.Changes.Select(change => change.ToString()));
    }

    [Theory]
    [InlineData("{\n  \"a\": 1\n}", 2, false)]
    [InlineData("{\n    \"a\": 1\n}\n", 4, true)]
    [InlineData("{\"a\": 1}", 7, false)]
    [InlineData("{\n\"a\": 1\n}", 7, false)]
    [InlineData("", 7, false)]
    public void Finds_out_how_a_file_is_laid_out(string text, int indent, bool newline) =>
        Assert.Equal(new ConfigLayout(indent, newline), ConfigLayout.Of(Encoding.UTF8.GetBytes(text), 7));

    [Fact]
    public void Lines_are_those_of_the_writer()
    {
        JsonObject config = Parse("{\"a\":[],\"b\":{},\"c\":[1,{\"d\":\"\\u00e9\"}],\"e\":null}");
        var layout = new ConfigLayout(3, false);
        Assert.Equal(Encoding.ASCII.GetString(layout.Write(config)).Split('\n'), layout.Lines(config));
        Assert.Empty(layout.Lines(null));
    }

    [Fact]
    public void Lines_show_numbers_that_are_not_finite() => Assert.Contains("    \"a\": NaN", new ConfigLayout(4, false).Lines(Parse("{\"a\":NaN}")));

    private static ConfigEditor Edit(string json) => new(Parse(json));

    private static JsonObject Parse(string json) => PythonJson.ParseObject(Encoding.UTF8.GetBytes(json), "c");

    private static string Text(ConfigEditor editor) =>
        Encoding.ASCII.GetString(PythonJson.Write(editor.Config, new PythonJsonStyle(0, JsonKeyOrder.AsGiven))).Replace("\n", "").Replace(": ", ":");
}
