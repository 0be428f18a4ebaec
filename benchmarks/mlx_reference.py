"""What mlx-lm computes on the CPU, for the benchmarks to compare with. Needs mlx and mlx_lm (their models and tuner only, no tokenizer).

  mlx_reference.py passes BASE ADAPTER IDS [--f32]       time of a pass of a Hugging Face Llama with and without a PEFT adapter
  mlx_reference.py make FOLDER                           a Llama of 100 million weights in bf16 and in 4 bits, and an adapter of mlx-lm for each
  mlx_reference.py forward MODEL ADAPTER PROMPT          a prompt and a greedy continuation with the adapter on, as standard input asks
  mlx_reference.py pairs MODEL ADAPTER ROUNDS PROMPT DECODED COMMAND...
                                                         that, and the command of Transfuse's benchmarks that answers likewise, in turns
  mlx_reference.py logits FOLDER COMMAND...              the recorded models of a folder in the dtype of their weights, by mlx-lm and by the command of
                                                         Transfuse: how many logits are the same bit for bit
"""
import importlib.util
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import types
from unittest.mock import MagicMock


def stub(name):
    """The package without running its __init__, which asks for tokenizers and the hub."""
    spec = importlib.util.find_spec(name)
    module = types.ModuleType(name)
    module.__path__ = list(spec.submodule_search_locations)
    module.__spec__ = spec
    sys.modules[name] = module


stub("mlx_lm")
import mlx.core as mx  # noqa: E402
import mlx.nn as nn  # noqa: E402

sys.modules["mlx_lm.models"] = types.ModuleType("mlx_lm.models")
sys.modules["mlx_lm.models"].__path__ = [os.path.join(sys.modules["mlx_lm"].__path__[0], "models")]
sys.modules["mlx_lm.tuner"] = types.ModuleType("mlx_lm.tuner")
sys.modules["mlx_lm.tuner"].__path__ = [os.path.join(sys.modules["mlx_lm"].__path__[0], "tuner")]
from mlx.utils import tree_flatten  # noqa: E402
from mlx_lm.models import cache as caches  # noqa: E402
from mlx_lm.models import llama  # noqa: E402
from mlx_lm.tuner.lora import LoRALinear  # noqa: E402

mx.set_default_device(mx.cpu)
KEYS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def build(folder):
    config = json.load(open(os.path.join(folder, "config.json")))
    model = llama.Model(llama.ModelArgs.from_dict(config))
    weights = mx.load(os.path.join(folder, "model.safetensors"))
    if quantization := config.get("quantization"):
        nn.quantize(model, **quantization, class_predicate=lambda path, module: f"{path}.scales" in weights)
    model.load_weights(list(model.sanitize(weights).items()))
    model.eval()
    return model


def wrap(model, rank, scale):
    for layer in model.layers:
        modules = dict(layer.named_modules())
        layer.update_modules(unflatten({key: LoRALinear.from_base(modules[key], r=rank, scale=scale) for key in KEYS}))


def unflatten(flat):
    tree = {}
    for path, value in flat.items():
        *parents, leaf = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return tree


def passes(base, adapter, ids, f32):
    ids = mx.array(json.load(open(ids)))
    for name in ("base", "adapter"):
        start = time.perf_counter()
        model = build(base)
        if name == "adapter":
            config = json.load(open(os.path.join(adapter, "adapter_config.json")))
            wrap(model, config["r"], config["lora_alpha"] / config["r"])
            factors = mx.load(os.path.join(adapter, "adapter_model.safetensors"))
            model.load_weights(
                [(name[len("base_model.model."):].replace(".lora_A.weight", ".lora_a").replace(".lora_B.weight", ".lora_b"), value.T)
                 for name, value in factors.items()], strict=False)
        if f32:
            model.set_dtype(mx.float32)
        mx.eval(model(ids))
        first = time.perf_counter() - start
        start = time.perf_counter()
        mx.eval(model(ids))
        print(f"mlx-lm on the CPU in {'float32' if f32 else 'bfloat16'}, {name}: {first:.1f} s with loading, {time.perf_counter() - start:.1f} s a pass, "
              f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB resident so far", flush=True)
        del model


def make(folder):
    config = {"model_type": "llama", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "num_key_value_heads": 4, "intermediate_size": 2048,
              "vocab_size": 32000, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True}
    mx.random.seed(0)
    for name, bits in (("bf16", None), ("q4", 4)):
        model = llama.Model(llama.ModelArgs.from_dict(config))
        mx.random.seed(1)
        model.update(unflatten_list([(path, (value + 0.02 * mx.random.normal(value.shape)).astype(mx.bfloat16)) for path, value in tree_flatten(model.parameters())]))
        print(f"{name}: {sum(value.size for _, value in tree_flatten(model.parameters())) / 1e6:.0f} million weights", flush=True)
        written = dict(config)
        if bits:
            nn.quantize(model, group_size=64, bits=bits)
            written["quantization"] = {"group_size": 64, "bits": bits}
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        mx.save_safetensors(os.path.join(folder, name, "model.safetensors"), dict(tree_flatten(model.parameters())), metadata={"format": "mlx"})
        json.dump(written, open(os.path.join(folder, name, "config.json"), "w"))
    wrap(model, 8, 2.0)
    factors = {path: 0.05 * mx.random.normal(value.shape) for path, value in tree_flatten(model.parameters()) if path.endswith((".lora_a", ".lora_b"))}
    os.makedirs(os.path.join(folder, "adapter"), exist_ok=True)
    mx.save_safetensors(os.path.join(folder, "adapter", "adapters.safetensors"), factors)
    json.dump({"fine_tune_type": "lora", "num_layers": 12, "lora_parameters": {"rank": 8, "scale": 2.0, "dropout": 0.0, "keys": KEYS}},
              open(os.path.join(folder, "adapter", "adapter_config.json"), "w"))


def unflatten_list(flat):
    from mlx.utils import tree_unflatten
    return tree_unflatten(flat)


def forward(folder, adapter, prompt):
    """Answers "prompt" with milliseconds, and "decode N" with milliseconds and the ids."""
    model = build(folder)
    wrap(model, 8, 2.0)
    model.load_weights(list(mx.load(os.path.join(adapter, "adapters.safetensors")).items()), strict=False)
    ids = mx.arange(1, prompt + 1)[None]
    for line in sys.stdin:
        start = time.perf_counter()
        out = []
        match line.split():
            case ["prompt"]:
                cache = caches.make_prompt_cache(model)
                token = mx.argmax(model(ids, cache=cache)[:, -1], axis=-1)
            case ["decode", count]:
                # As generate_step of mlx-lm 0.32 does: the next step is begun before this one's id is looked at.
                for _ in range(int(count)):
                    following = mx.argmax(model(token[:, None], cache=cache)[:, -1], axis=-1)
                    mx.async_eval(following)
                    out.append(token.item())
                    token = following
        mx.eval(token)
        print((time.perf_counter() - start) * 1000, ",".join(map(str, out)), flush=True)


def pairs(folder, adapter, rounds, prompt, decoded, ours):
    """Both in turns of a few tokens, so that a machine that slows down slows both; who begins alternates."""
    turn = 8
    commands = {"mlx-lm": [sys.executable, __file__, "forward", folder, adapter, str(prompt)], "transfuse": ours}
    running = {name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for name, command in commands.items()}

    def ask(name, what):
        running[name].stdin.write(what + "\n")
        running[name].stdin.flush()
        milliseconds, _, ids = running[name].stdout.readline().strip().partition(" ")
        return float(milliseconds), ids

    first, each = [], []
    for round in range(-1, rounds):
        order = list(running) if round % 2 else list(reversed(running))
        starts = {name: ask(name, "prompt")[0] for name in order}
        turns = [{name: ask(name, f"decode {turn}") for name in order} for _ in range(1 if round < 0 else decoded // turn)]
        if round < 0:
            continue
        same = all(answers["mlx-lm"][1] == answers["transfuse"][1] for answers in turns)
        token = {name: sum(answers[name][0] for answers in turns) / (len(turns) * turn) for name in running}
        first.append(starts["transfuse"] / starts["mlx-lm"])
        each.append(token["transfuse"] / token["mlx-lm"])
        print(f"round {round + 1}: mlx-lm prompt {starts['mlx-lm']:.0f} ms, {token['mlx-lm']:.2f} ms a token; transfuse prompt {starts['transfuse']:.0f} ms, "
              f"{token['transfuse']:.2f} ms a token; ratios {first[-1]:.3f} {each[-1]:.3f}, {'same' if same else 'other'} ids", flush=True)
    print(f"median ratio of the prompt {statistics.median(first):.3f}, of a token {statistics.median(each):.3f}")
    for process in running.values():
        process.stdin.close()
        process.wait()


def gather_in_singles():
    """MLX's CPU has no product with chosen matrices in 16 bits; it is taken in float32."""
    own = mx.gather_mm

    def gather(a, b, lhs_indices=None, rhs_indices=None, **options):
        dtype = (mx.zeros((1,), a.dtype) + mx.zeros((1,), b.dtype)).dtype
        return own(a.astype(mx.float32), b.astype(mx.float32), lhs_indices, rhs_indices, **options).astype(dtype)

    mx.gather_mm = gather


def logits(root, command):
    # What mlx_lm.utils imports beside its models is not needed here.
    for name in ("transformers", "huggingface_hub", "mlx_lm.tokenizer_utils", "mlx_lm.cli_ui", "numpy"):
        sys.modules[name] = MagicMock()
    gather_in_singles()
    from mlx_lm.tuner.utils import load_adapters
    from mlx_lm.utils import load_model
    same, compared = 0, 0
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if not os.path.exists(os.path.join(folder, "case.json")):
            continue
        expected = os.path.join(folder, "expected.safetensors")
        ids = mx.load(expected)["input_ids"]
        with_cache = json.load(open(os.path.join(folder, "case.json")))["logits_with_cache"]
        theirs = {}
        try:
            for which in ("logits_base", "logits_a"):
                model, _ = load_model(pathlib.Path(folder, "base"))
                if which == "logits_a":
                    load_adapters(model, os.path.join(folder, "adapter"))
                model.eval()
                theirs[which] = (model(ids, cache=caches.make_prompt_cache(model)) if with_cache else model(ids)).astype(mx.float32)
        except Exception as refused:  # mlx-lm's own loader cannot take every model's files
            print(f"{name}: not run by mlx-lm: {refused}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as place:
            saved = os.path.join(place, "ours.safetensors")
            subprocess.run([*command, "verify", os.path.join(folder, "adapter"), "--base", os.path.join(folder, "base"), "--logits", "--ids", expected,
                            "--save", saved, "--backend", "mlx-cpu", "--compute", "weights", "-q"], check=True, stdout=subprocess.DEVNULL)
            ours = mx.load(saved)
            differences = {which: mx.abs(ours[which] - theirs[which]).max().item() for which in theirs}
        compared += 1
        if any(differences.values()):
            print(f"{name}: largest difference {differences['logits_base']:.4g} without and {differences['logits_a']:.4g} with the adapter, "
                  f"largest logit {mx.abs(theirs['logits_base']).max().item():.3g}", flush=True)
        else:
            same += 1
    print(f"{same} of {compared} models: the same logits bit for bit, with and without their adapter")


match sys.argv[1:]:
    case ["passes", base, adapter, ids, *rest]:
        passes(base, adapter, ids, "--f32" in rest)
    case ["make", folder]:
        make(folder)
    case ["logits", root, *command]:
        logits(root, command)
    case ["forward", folder, adapter, prompt]:
        forward(folder, adapter, int(prompt))
    case ["pairs", folder, adapter, rounds, prompt, decoded, *ours]:
        pairs(folder, adapter, int(rounds), int(prompt), int(decoded), ours)
    case _:
        sys.exit(__doc__)
