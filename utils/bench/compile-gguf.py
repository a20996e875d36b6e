#!/usr/bin/env python3
"""Measures how fast a large GGUF becomes a bundle, beside `cp`, and in how much memory.

usage: compile-gguf.py [--rounds N] [--layers N] [--type T] [BUILD_DIR]
  --rounds N   rounds, each of one compilation and one copy (default 3)
  --layers N   layers of 44 million weights each (default 22)
  --type T     F16, Q8_0, Q4_0, Q4_K or Q6_K, for all matrices (default Q8_0)

The model has the shape of TinyLlama, 1.1 billion weights with 22 layers, and noise for
weights. A round compiles it (espresso-compile model.gguf -o bundle) and copies that
bundle (cp -a), one right after the other, each until the data are on the
disk. Printed are seconds of each, the median of their ratio (1 is as fast as copying
what was written), the same by time of processor, which other work on the machine
disturbs less, and the largest memory that a compilation took. The temporary directory
holds the model once and its fp16 weights twice.
"""

import argparse
import pathlib
import random
import statistics
import struct
import tempfile

from timed import run

EMBEDDING, HIDDEN, HEADS, KV_HEADS, VOCABULARY = 2048, 5632, 32, 4, 32000
KEY_VALUE = EMBEDDING // HEADS * KV_HEADS
ALIGNMENT = 32
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
F32 = 0
# Code, elements and bytes of a block, and where its fp16 scales are.
TYPES = {
    "F16": (1, 1, 2, [0]),
    "Q8_0": (8, 32, 34, [0]),
    "Q4_0": (2, 32, 18, [0]),
    "Q4_K": (12, 256, 144, [0, 2]),
    "Q6_K": (14, 256, 210, [208]),
}
SMALL_HALF = struct.pack("<e", 2.0 ** -9)
NOISE_BLOCKS = 1 << 15


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pieces():
    """Special tokens, the bytes, and words that nobody needs."""
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    names += [f"w{i}" for i in range(VOCABULARY - len(names))]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (VOCABULARY - 259)
    return names, kinds


def metadata(layers):
    def number(key, value):
        return text("llama." + key) + struct.pack("<II", UINT32, value)

    names, kinds = pieces()
    array = struct.pack("<II", ARRAY, STRING) + struct.pack("<Q", len(names))
    values = [
        text("general.architecture") + struct.pack("<I", STRING) + text("llama"),
        number("block_count", layers),
        number("embedding_length", EMBEDDING),
        number("feed_forward_length", HIDDEN),
        number("context_length", 2048),
        number("attention.head_count", HEADS),
        number("attention.head_count_kv", KV_HEADS),
        text("llama.attention.layer_norm_rms_epsilon")
        + struct.pack("<If", FLOAT32, 1e-5),
        text("tokenizer.ggml.model") + struct.pack("<I", STRING) + text("llama"),
        text("tokenizer.ggml.tokens") + array + b"".join(map(text, names)),
        text("tokenizer.ggml.scores")
        + struct.pack(f"<IIQ{len(names)}f", ARRAY, FLOAT32, len(names),
                      *(-float(i) for i in range(len(names)))),
        text("tokenizer.ggml.token_type")
        + struct.pack(f"<IIQ{len(kinds)}i", ARRAY, INT32, len(kinds), *kinds),
    ]
    return len(values), b"".join(values)


def shapes(layers):
    """Names with rows and columns; norms have no rows."""
    yield "token_embd", VOCABULARY, EMBEDDING
    yield "output_norm", 0, EMBEDDING
    yield "output", VOCABULARY, EMBEDDING
    for i in range(layers):
        layer = f"blk.{i}."
        yield layer + "attn_norm", 0, EMBEDDING
        yield layer + "attn_q", EMBEDDING, EMBEDDING
        yield layer + "attn_k", KEY_VALUE, EMBEDDING
        yield layer + "attn_v", KEY_VALUE, EMBEDDING
        yield layer + "attn_output", EMBEDDING, EMBEDDING
        yield layer + "ffn_norm", 0, EMBEDDING
        yield layer + "ffn_gate", HIDDEN, EMBEDDING
        yield layer + "ffn_down", EMBEDDING, HIDDEN
        yield layer + "ffn_up", HIDDEN, EMBEDDING


def make_noise(block_bytes, scales):
    block = random.Random(1).randbytes(block_bytes * NOISE_BLOCKS)
    noise = bytearray(block)
    for start in range(0, len(noise), block_bytes):
        for place in scales:
            noise[start + place:start + place + 2] = SMALL_HALF
    return bytes(noise)


def write_model(path, layers, kind):
    """Writes the file and returns the number of weights."""
    code, block, block_bytes, scales = TYPES[kind]
    count, values = metadata(layers)
    tensors = list(shapes(layers))
    noise = make_noise(block_bytes, scales)
    directory, offset, parameters, sizes = b"", 0, 0, []
    for name, rows, columns in tensors:
        elements = max(rows, 1) * columns
        size = elements // block * block_bytes if rows else 4 * columns
        extents = [columns, rows] if rows else [columns]
        directory += text(name + ".weight") + struct.pack(
            f"<I{len(extents)}QIQ", len(extents), *extents, code if rows else F32,
            offset)
        offset += -(-size // ALIGNMENT) * ALIGNMENT
        parameters += elements
        sizes.append(size)
    with open(path, "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), count))
        file.write(values + directory)
        file.write(bytes(-file.tell() % ALIGNMENT))
        for (name, rows, columns), size in zip(tensors, sizes):
            if rows:
                left = size
                while left > 0:
                    left -= file.write(noise[:left])
            else:
                file.write(struct.pack("<f", 1) * columns)
            file.write(bytes(-file.tell() % ALIGNMENT))
    return parameters


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=22)
    parser.add_argument("--type", choices=sorted(TYPES), default="Q8_0")
    parser.add_argument("build", nargs="?", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2] / "build/release")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        model, bundle = directory / "model.gguf", directory / "bundle"
        copy = directory / "copy"
        parameters = write_model(model, arguments.layers, arguments.type)
        print(f"{arguments.type}, {arguments.layers} layers, {parameters} weights, "
              f"{model.stat().st_size} bytes", flush=True)
        compile_ = [str(arguments.build / "bin/espresso-compile"), "-q", str(model),
                    "-o", str(bundle)]
        ratios, busy, peak = [], [], 0
        for _ in range(arguments.rounds):
            compiled, compile_busy, memory = run(compile_, bundle)
            peak = max(peak, memory)
            files = {f.stat().st_ino: f.stat().st_size for f in bundle.rglob("*")
                     if f.is_file()}  # functions share files
            size = sum(files.values())
            copied, copy_busy, _ = run(["cp", "-a", str(bundle), str(copy)], copy)
            ratios.append(copied / compiled)
            busy.append(copy_busy / compile_busy)
            print(f"compile {compiled:.2f} s, cp of {size} bytes "
                  f"{copied:.2f} s; of processor {compile_busy:.2f} s and "
                  f"{copy_busy:.2f} s", flush=True)
        print(f"speed relative to cp: median {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}), by time of processor "
              f"{statistics.median(busy):.2f}; peak memory {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
