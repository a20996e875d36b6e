"""Writes a small Qwen 3 as a Hugging Face folder, with weights of zeros.

usage: make_folder.py DIRECTORY [--KEY=VALUE...]

Options replace settings; numbers are read as JSON.
"""

import json
import pathlib
import struct
import sys

LAYERS, D, F, HEADS, KV_HEADS, HEAD, VOCABULARY = 2, 8, 12, 4, 2, 4, 16


def shapes():
    yield "model.embed_tokens", [VOCABULARY, D]
    yield "model.norm", [D]
    for i in range(LAYERS):
        layer = f"model.layers.{i}."
        yield layer + "input_layernorm", [D]
        yield layer + "post_attention_layernorm", [D]
        for name, heads in ("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS):
            yield f"{layer}self_attn.{name}_proj", [heads * HEAD, D]
        yield layer + "self_attn.o_proj", [D, HEADS * HEAD]
        yield layer + "self_attn.q_norm", [HEAD]
        yield layer + "self_attn.k_norm", [HEAD]
        yield layer + "mlp.gate_proj", [F, D]
        yield layer + "mlp.down_proj", [D, F]
        yield layer + "mlp.up_proj", [F, D]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": "qwen3", "hidden_size": D, "intermediate_size": F,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS, "head_dim": HEAD,
        "vocab_size": VOCABULARY, "max_position_embeddings": 32,
        "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
        "bos_token_id": 1, "eos_token_id": 2,
    }
    for option in sys.argv[2:]:
        key, value = option.removeprefix("--").split("=", 1)
        config[key] = json.loads(value) if value[0].isdigit() else value
    (folder / "config.json").write_text(json.dumps(config))
    header, size = {}, 0
    for name, shape in shapes():
        count = 2
        for extent in shape:
            count *= extent
        header[name + ".weight"] = {"dtype": "BF16", "shape": shape,
                                    "data_offsets": [size, size + count]}
        size += count
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(
        struct.pack("<Q", len(text)) + text + bytes(size))


if __name__ == "__main__":
    main()
