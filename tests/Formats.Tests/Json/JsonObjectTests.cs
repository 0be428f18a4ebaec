using Transfuse.Formats.Json;

namespace Transfuse.Formats.Tests.Json;

/// <summary>Members by name, in objects that are looked through and in those that have a table.</summary>
public class JsonObjectTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    public void Finds_each_member_and_no_other(int count)
    {
        var members = new JsonObject(Enumerable.Range(0, count).Select(Member));
        Assert.Equal(count, members.Members.Length);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal($"{i}", Assert.IsType<JsonNumber>(members[$"name {i}"]).Text);
            Assert.True(members.Contains($"name {i}"));
        }

        Assert.Null(members["name"]);
        Assert.False(members.Contains($"name {count}"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(9)]
    public void Refuses_a_name_that_occurs_twice(int count) =>
        Assert.Throws<ArgumentException>(() => new JsonObject(Enumerable.Range(0, count - 1).Append(0).Select(Member)));

    [Fact]
    public void Small_numbers_are_one_object_each()
    {
        Assert.Same(JsonNumber.Of(7), JsonNumber.Of(7));
        Assert.Equal(["-1", "0", "1023", "1024"], new long[] { -1, 0, 1023, 1024 }.Select(value => JsonNumber.Of(value).Text));
    }

    private static KeyValuePair<string, JsonValue> Member(int number) => new($"name {number}", JsonNumber.Of(number));
}
