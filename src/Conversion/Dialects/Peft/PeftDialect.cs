using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Adapters of Hugging Face PEFT.</summary>
internal sealed class PeftDialect : IDialect
{
    public Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log) => PeftReader.Read(content, options, log);

    public OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log) => PeftWriter.Write(adapter, context, log);
}
