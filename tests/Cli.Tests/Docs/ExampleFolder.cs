using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>The folder in which a page's commands run: the names that the documentation uses, each a fixture or what a command makes of one.</summary>
internal sealed class ExampleFolder : IDisposable
{
    private static readonly (string Name, string Fixture)[] Copies =
    [
        ("adapters/llama", "llama_all_linear/peft"),
        ("adapters/first", "llama_qv/peft"),
        ("adapters/second", "llama_rslora/peft"),
        ("adapters/ranks", "llama_rank_pattern/peft"),
        ("adapters/dora", "llama_dora/peft"),
        ("adapters/head", "llama_modules_to_save/peft"),
        ("adapters/old-mlx", "legacy_lora_layers/mlx"),
        ("adapters/2024", "legacy_alpha_ambiguous/mlx"),
        ("adapters/qwen-moe", "qwen3_moe_params/peft"),
        ("models/llama", "bases/llama"),
        ("models/llama-4bit", "bases-mlx/llama-q4"),
        ("models/qwen-moe", "bases/qwen3_moe"),
        ("runs/chat", "llama_qv/peft"),
        ("runs/code", "llama_rslora/peft"),
        ("runs/style", "llama_all_linear/peft"),
    ];

    private static readonly (string Name, string Text)[] Texts =
    [
        ("list.txt", "# one adapter a line\nruns/chat\nruns/code\tcoder\n"),
        ("prompts.json", "[[1, 2, 3, 4, 5, 6, 7, 8]]\n"),
        ("home/.config/fish/completions/.keep", string.Empty),
        ("home/.local/share/bash-completion/completions/.keep", string.Empty),
        ("home/.zfunc/.keep", string.Empty),
        ("tmp/.keep", string.Empty),
    ];

    private static readonly (string Name, string[] Command)[] Made =
    [
        ("adapters/llama-mlx", ["convert", "adapters/llama", "--to", "mlx-lm", "--base", "models/llama"]),
        ("adapters/qwen-moe-mlx", ["convert", "adapters/qwen-moe", "--to", "mlx-lm", "--base", "models/qwen-moe"]),
        ("converted", ["convert", "runs/*", "--to", "mlx-lm"]),
    ];

    private static readonly Lazy<TemporaryFolder> Template = new(Make);

    private readonly TemporaryFolder _folder = new();

    public ExampleFolder()
    {
        Copy(Template.Value.Path, _folder.Path);
        Directory.CreateSymbolicLink(_folder["tests"], System.IO.Path.Combine(Fixtures.RepositoryRoot, "tests"));
    }

    public string Path => _folder.Path;

    public void Dispose() => _folder.Dispose();

    private static TemporaryFolder Make()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        foreach ((string name, string fixture) in Copies)
        {
            Copy(System.IO.Path.Combine(Fixtures.Root, fixture), folder[name]);
        }

        foreach ((string name, string text) in Texts)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], text);
        }

        using var shell = new ExampleShell(folder.Path);
        foreach ((string name, string[] command) in Made)
        {
            string line = $"transfuse {string.Join(' ', command.Select(word => $"'{word}'"))} --output {name}";
            ShellOutput result = Assert.Single(shell.Run([line]));
            Assert.True(result.ExitCode == 0, $"{line}\n{string.Join('\n', result.Lines)}");
        }

        return folder;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal));
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
        }
    }
}
