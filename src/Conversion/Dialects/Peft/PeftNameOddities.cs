namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>How a tensor name differs from what PEFT writes.</summary>
[Flags]
internal enum PeftNameOddities
{
    None = 0,

    /// <summary>A prefix or infix of torch.compile, FSDP, checkpointing or DDP.</summary>
    Wrapper = 1,

    /// <summary>The prefix <c>base_model.model.</c> is missing: PEFT would load nothing.</summary>
    NoPrefix = 2,

    /// <summary>The prefix occurs more than once.</summary>
    DoubledPrefix = 4,

    /// <summary>The adapter's name, such as <c>.default.</c>, was left in.</summary>
    AdapterName = 8,

    /// <summary>A factor's name lacks <c>.weight</c>: PEFT would ignore it.</summary>
    NoWeight = 16,
}
