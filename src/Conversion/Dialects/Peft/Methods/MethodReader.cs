using System.Collections.Immutable;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>Makes low-rank products of the tensors of one method (PEFT 0.21).</summary>
internal abstract class MethodReader
{
    /// <summary>The method's <c>peft_type</c>.</summary>
    public abstract string PeftType { get; }

    /// <summary>The names of a module's tensors.</summary>
    public abstract ImmutableArray<string> Parts { get; }

    /// <summary>The names of tensors that all modules share; they stand directly below <c>base_model</c>.</summary>
    public virtual ImmutableArray<string> Shared => [];

    /// <summary>The config's fields that are used up by the conversion.</summary>
    public abstract ImmutableArray<string> UsedFields { get; }

    /// <summary>The field that means what LoRA's <c>lora_dropout</c> means, if there is one.</summary>
    public virtual string? DropoutField => null;

    /// <summary>Reads the modules, in the order of the input. What cannot be read becomes a finding.</summary>
    public abstract IEnumerable<MethodModule> Read(MethodInput input);
}
