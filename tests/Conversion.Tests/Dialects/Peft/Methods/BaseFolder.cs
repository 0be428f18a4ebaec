using Transfuse.Conversion.Models.Bases;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

/// <summary>Bases of a few weights, for their shapes.</summary>
internal static class BaseFolder
{
    public static BaseModel Write(TemporaryFolder folder, params (string Path, long Rows, long Columns)[] weights)
    {
        File.WriteAllText(folder["config.json"], """{"model_type": "llama"}""");
        OracleSafetensors.Write(
            folder["model.safetensors"], weights.Select(weight => OracleTensor.F32(weight.Path + ".weight", DenseArray.Zeros(weight.Rows, weight.Columns))));
        return BaseModel.FromFolder(folder.Path);
    }
}
