namespace Transfuse.Conversion.Tests.Repair;

/// <summary>docs/repair.md: what a repair does, and the outcomes of the damage tests.</summary>
internal static class RepairPage
{
    private const string Head = """
        # Repair

        `transfuse repair` makes an adapter folder whole within its dialect. Tensors overrule the config: ranks, DoRA, modules and layers are read from them. What no tensor tells (scale, alpha, dropout)
        comes from the config, from Unsloth's copy of it, or from a default that the writing program's own loader takes, and then a warning names program and version. Where one config means two things,
        the repair stops and names the option that answers: `--producer mlx-lm@0.14.1` (or the day of the training), `--scale`, `--dropout`. A producer that cannot have written the folder is refused too.

        Values are read: NaN and infinity in a factor stop the repair, and so does a scale that is infinite as float32; an adapter whose factors are all zero is named. (`check` reads configs and headers, and no values of factors.)
        With `--base`, layers that the base does not have and factors of another size stop it as well.

        Before anything is put in place, the folder is read as its reader would: what that reader would refuse stops the repair (TF5060), what it would ignore or get wrong is a warning (TF5061), both in the reader's words.
        `convert` does the same with what it writes.

        Every change is printed with its reason; `--dry-run` prints the config's change as a diff and writes nothing. Fields that are not known and files beside the adapter are kept, a weights file that
        needs no change is copied byte for byte, and a second repair changes nothing. With `--in-place` only the files that change are replaced, and each original stays as `*.orig`; sub-folders are never touched.
        Where one of the files cannot take its place, those before it are put back; only a process that is killed in that moment leaves new files beside old ones, with all originals.

        | old or foreign form | what becomes of it |
        | --- | --- |
        | `adapters.npz` without a config (mlx-lm before 0.6) | `adapters.safetensors`, and a config with scale 20, which is what its loader used; `--scale` if the training set another |
        | `lora_layers`, `use_dora` (mlx-lm 0.6 to 0.18) | `num_layers`, `fine_tune_type` |
        | `lora_parameters.alpha` beside `lora_layers` | part of the scale without `use_dora` (before 0.13.1); with it, or with `num_layers` or `fine_tune_type` beside the old fields, the version decides, so `--producer` or `--scale` is asked for |
        | `use_dora` without magnitudes (mlx-lm 0.14.2 to 0.16.0) | `fine_tune_type` `lora`: the option was not honoured |
        | `num_layers` below the layers with tensors (mlx-lm 0.19.0 to 0.21.4) | the base's number of layers with `--base`, else 1024, which means all |
        | negative or zero `num_layers` | as above: mlx-swift-lm stops at negative numbers and takes none for zero |
        | experts whose `lora_a` has two dimensions (mlx-lm 0.14.0 to 0.28.2) | three dimensions, the same bytes |
        | no `keys`, or keys that are empty, a string, last names, or of other modules | keys of the file's modules: below the layer where that is exact (with `--base` also by way of `num_layers`), else full paths. Folders of mlx-swift-lm always have them below the layer, where they may also reach modules without tensors, which changes nothing for LoRA and is refused for DoRA; folders of mlx-vlm and Unsloth always have full paths |
        | numbered checkpoints without a final file | the newest becomes `adapters.safetensors`; the checkpoints stay |
        | no dropout (mlx-swift-lm), dropout 0.09999999999999998 | 0.0, and 0.1 |
        | a dropout that is no probability | 0, with a warning, or what `--dropout` says: it matters in training only |
        | numbers in strings, integers with a point | numbers, integers |
        | `A` and `B`, top-level `rank`, `alpha` and `dropout` (mlx-vlm until 0.5) | `lora_a` and `lora_b`, `lora_parameters`; the version decides about the scale, whatever a stray `scale` says, so `--producer` or `--scale` is asked for |
        | factors that are layers, `lora_a.weight` | `lora_a`, `lora_b`, transposed |
        | modules of different ranks in an MLX folder | padded with zeros to the largest, which is exact |
        | weights of the base in an MLX file | left out where they equal the base's; others refused for mlx-lm, which loads none (`--allow TF2301` leaves them out), and kept for the readers that load them |
        | tensors of an adapted module that are no factor | refused: `--allow TF2005` leaves them out |
        | `fine_tune_type` `dora` and not one magnitude, or `use_dora` in PEFT | refused: they were lost, or the adapter was never DoRA, which `--allow TF3560` (`TF2015`) says |
        | a layer without tensors between layers that have them | named, where the config means all layers |
        | MLX names below `_orig_mod.`, `module.` or `base_model.` | refused: `--allow TF3563` takes the first part off |
        | factors of another rank than the config's, which turned around would have it | named: they may have been saved transposed |
        | magnitudes of some modules only in a folder that says `lora` | refused: `--allow TF3561` leaves them out |
        | magnitudes of some modules only, other than beside experts in a folder of Unsloth | refused: readers would make DoRA of the others too |
        | `model` and `base_model_name_or_path` that differ | a warning with both: Unsloth's field counts in a folder of Unsloth, else mlx-lm's |
        | an empty `unsloth_mlx_lora_module_paths` | stays: Unsloth goes by the keys then. Where experts stand beside DoRA modules the list is written, which alone can tell them apart |
        | a byte order mark before the config | taken away: Python's `json` refuses it |
        | NaN and infinity in other fields | null |
        | PEFT names with `.default.`, without their prefix, or with a wrapper's | the names that PEFT writes |
        | a path before `base_model.model.` in PEFT names | moved behind it where the base or the path shows that the model has such a part, left out where the base is the part, else refused |
        | PEFT names from which the saver cut the adapter's name `lora` (`q_proj_A.weight`) | the names that PEFT writes |
        | `original_module` copies, bitsandbytes' storage, whole weights that equal the base's (`--base`) and that no field names | left out, and named |
        | factors in eight-bit floats without scales | bfloat16, which holds the same values |
        | tensors with `lora_` in their names that no setting makes | refused: `--allow TF2005` leaves them out |
        | `adapter_model.pt` | read as `adapter_model.bin` is, and written as `adapter_model.safetensors` |
        | PEFT `r`, `rank_pattern`, `target_modules`, `layers_to_transform`, `exclude_modules`, `modules_to_save`, `bias`, `use_dora`, `lora_bias` that the tensors contradict | what the tensors say |
        | PEFT `lora_alpha` missing | 8, which PEFT takes, with a warning |
        | PEFT `use_rslora`, `alpha_pattern` and the like missing where the version, or a newer field, shows that PEFT wrote them | what PEFT takes, with a warning |
        | PEFT `lora_dropout` beside `target_parameters` | 0: PEFT refuses the two together |
        | PEFT `init_lora_weights` that changes the base, methods other than LoRA | carried as they are |
        | `fine_tune_type` `full` | refused: whole weights are no adapter |

        # Damaged fields

        This page is generated by a test, which damages each field of the adapters in tests/fixtures in turn and repairs the folder without a base.

        - **restored**: the adapter does exactly what it did, and its reader loads it as intended.
        - **refused**: an error that names the field; nothing is written.
        - **default**: what the reader takes for the field, with a warning that names the field, the program and its version.
        - **kept**: the field is the only record of what it says, so the value that stands there is the value.

        Where fixtures differ, a cell has several words: an adapter with expert tensors alone does not tell the rank that one with plain layers tells.


        """;

    public static string Render(params DamageTable[] tables) => Head + string.Concat(tables.Select(table => table.Render()));
}
