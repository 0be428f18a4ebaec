using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Tests.Models.Architectures.Mapping;

public class PathMemoTests
{
    private int _asked;

    [Fact]
    public void An_answer_is_found_once()
    {
        var memo = new PathMemo<string>();
        Assert.Same(memo.Of("a", Answer, _ => true), memo.Of("a", Answer, _ => true));
        Assert.Equal("b!", memo.Of("b", Answer, _ => true));
        Assert.Equal(2, _asked);
    }

    [Fact]
    public void What_a_stranger_names_does_not_fill_the_memory()
    {
        var memo = new PathMemo<string>();
        string longPath = new('x', 257);
        memo.Of(longPath, Answer, _ => true);
        memo.Of(longPath, Answer, _ => true);
        memo.Of("large", Answer, _ => false);
        memo.Of("large", Answer, _ => false);
        Assert.Equal(4, _asked);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 10_000; i++)
            {
                Assert.Equal($"{i}!", memo.Of($"{i}", Answer, _ => true));
            }
        }

        // 8,192 are kept, and the rest is found each time.
        Assert.Equal(4 + 10_000 + (10_000 - 8192), _asked);
    }

    [Fact]
    public void Maps_of_one_config_share_what_they_found_and_those_of_others_do_not()
    {
        Architecture llama = ArchitectureTable.Default.Find("llama")!;
        BaseConfig config = SyntheticBase.Config(), other = SyntheticBase.Config();
        const string Path = "model.layers.0.self_attn.q_proj";
        MlxMapping first = new ArchitectureMap(llama, config).MapToMlx(Path);
        Assert.Same(first, new ArchitectureMap(llama, config).MapToMlx(Path));
        Assert.NotSame(first, new ArchitectureMap(llama, other).MapToMlx(Path));
        Assert.NotSame(first, new ArchitectureMap(ArchitectureTable.Default.Find("qwen3")!, config).MapToMlx(Path));
        HfMapping newest = new ArchitectureMap(llama, config).MapToHuggingFace(Path, HfLayout.Transformers5);
        Assert.Same(newest, new ArchitectureMap(llama, config).MapToHuggingFace(Path, HfLayout.Transformers5));
        Assert.NotSame(newest, new ArchitectureMap(llama, config).MapToHuggingFace(Path, HfLayout.Checkpoint));
    }

    private string Answer(string path)
    {
        _asked++;
        return path + "!";
    }
}
