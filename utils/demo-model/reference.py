#===- reference.py - Naive float64 decoder for Llama GGUF ---*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Runs a llama-family GGUF file with float64 arithmetic and no cache.

    python3 reference.py MODEL.gguf --expected OUT.json
    python3 reference.py MODEL.gguf --sample PROMPT [--temp T] [--seed S]

Knows nothing of training or of the writer: it judges the file as stored. Each
step computes the whole sequence anew, as plainly as possible.
"""

import argparse
import hashlib
import json
import os
import struct

import numpy as np

PROMPTS = ["", "Once upon a time", "Ella was a quiet owl who lived",
           "Milo the mouse had no friends"]
# Texts whose ids are recorded; some need the byte pieces.
ENCODINGS = ["", " ", "a", "Once upon a time", "  two  blanks ", "12 o'clock",
             "caf\u00e9 \u2615", "line\nbreak", "\"Hello,\" said Lily."]
# Positions, BOS and prompt included, that are computed for each prompt.
POSITIONS = 192

BLANK = "\u2581"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?",
            10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_TENSOR_DTYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


class Reader:
    """Reads values from the bytes of a GGUF file, from the front."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def scalar(self, code):
        value, = struct.unpack_from("<" + code, self.data, self.position)
        self.position += struct.calcsize("<" + code)
        return value

    def string(self):
        size = self.scalar("Q")
        self.position += size
        return self.data[self.position - size:self.position].decode("utf-8")

    def value(self, kind):
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            element, count = self.scalar("I"), self.scalar("Q")
            return [self.value(element) for _ in range(count)]
        return self.scalar(_SCALARS[kind])


def read_gguf(path):
    """(metadata, tensors as float64) of a file with F32 and F16 tensors."""
    with open(path, "rb") as file:
        reader = Reader(file.read())
    magic, version = reader.data[:4], struct.unpack("<I", reader.data[4:8])[0]
    if magic != b"GGUF" or version not in (2, 3):
        raise ValueError(f"{path}: not a GGUF file of version 2 or 3")
    reader.position = 8
    tensor_count, pair_count = reader.scalar("Q"), reader.scalar("Q")
    metadata = {}
    for _ in range(pair_count):
        key = reader.string()
        metadata[key] = reader.value(reader.scalar("I"))
    records = []
    for _ in range(tensor_count):
        name = reader.string()
        shape = [reader.scalar("Q") for _ in range(reader.scalar("I"))]
        records.append((name, shape[::-1], reader.scalar("I"),
                        reader.scalar("Q")))
    alignment = metadata.get("general.alignment", 32)
    base = -(-reader.position // alignment) * alignment
    tensors = {}
    for name, shape, kind, offset in records:
        flat = np.frombuffer(reader.data, _TENSOR_DTYPES[kind],
                             int(np.prod(shape)), base + offset)
        tensors[name] = flat.reshape(shape).astype(np.float64)
    return metadata, tensors


class Vocabulary:
    """Encodes and decodes with the pieces and scores of a file."""

    def __init__(self, metadata):
        prefix = "tokenizer.ggml."
        self.pieces = metadata[prefix + "tokens"]
        self.scores = metadata[prefix + "scores"]
        self.types = metadata[prefix + "token_type"]
        self.bos = metadata[prefix + "bos_token_id"]
        self.eos = metadata[prefix + "eos_token_id"]
        # Only normal pieces (type 1) are found in text.
        self.ids = {p: i for i, p in enumerate(self.pieces)
                    if self.types[i] == 1}
        self.byte_ids = {int(p[3:5], 16): i for i, p in enumerate(self.pieces)
                         if self.types[i] == 6}

    def encode(self, text):
        """BOS, then the ids of `text` after a dummy blank."""
        symbols = list((" " + text if text else "").replace(" ", BLANK))
        while True:
            best = None
            for i in range(len(symbols) - 1):
                piece = self.ids.get(symbols[i] + symbols[i + 1])
                if piece is not None and (best is None or
                                          self.scores[piece] > best[0]):
                    best = self.scores[piece], i
            if best is None:
                break
            symbols[best[1]:best[1] + 2] = ["".join(
                symbols[best[1]:best[1] + 2])]
        ids = [self.bos]
        for symbol in symbols:
            if symbol in self.ids:
                ids.append(self.ids[symbol])
            else:
                ids += [self.byte_ids[b] for b in symbol.encode("utf-8")]
        return ids

    def decode(self, ids):
        data = b""
        for token in ids:
            if self.types[token] == 6:
                data += bytes([int(self.pieces[token][3:5], 16)])
            elif self.types[token] == 1:
                data += self.pieces[token].replace(BLANK, " ").encode("utf-8")
        text = data.decode("utf-8", errors="replace")
        return text[1:] if text.startswith(" ") else text


def rms_norm(x, weight, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight


def rotate(x, theta):
    """Rotary embedding of x, [length, heads, width], over pairs (2i, 2i+1)."""
    length, _, width = x.shape
    frequencies = theta ** (-np.arange(0, width, 2) / width)
    angles = np.outer(np.arange(length), frequencies)[:, None, :]
    even, odd = x[..., 0::2], x[..., 1::2]
    rotated = np.empty_like(x)
    rotated[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
    rotated[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return rotated


def softmax(x):
    exponentials = np.exp(x - x.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


class Decoder:
    """A llama-family decoder over the tensors of a file."""

    def __init__(self, metadata, tensors):
        def key(name, default=None):
            return metadata.get("llama." + name, default)

        self.tensors = tensors
        self.layers = key("block_count")
        self.heads = key("attention.head_count")
        self.kv_heads = key("attention.head_count_kv", self.heads)
        self.epsilon = key("attention.layer_norm_rms_epsilon")
        self.theta = key("rope.freq_base", 10000.0)

    def logits(self, ids):
        """Logits after the last of `ids`."""
        w = self.tensors
        x = w["token_embd.weight"][ids]
        for i in range(self.layers):
            block = f"blk.{i}."
            y = rms_norm(x, w[block + "attn_norm.weight"], self.epsilon)
            x = x + self.attention(y, block)
            y = rms_norm(x, w[block + "ffn_norm.weight"], self.epsilon)
            gate = y @ w[block + "ffn_gate.weight"].T
            up = y @ w[block + "ffn_up.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ w[
                block + "ffn_down.weight"].T
        y = rms_norm(x[-1], w["output_norm.weight"], self.epsilon)
        head = w.get("output.weight", w["token_embd.weight"])
        return head @ y

    def attention(self, x, block):
        length = len(x)
        q, k, v = (
            (x @ self.tensors[f"{block}attn_{name}.weight"].T).reshape(
                length, heads, -1)
            for name, heads in (("q", self.heads), ("k", self.kv_heads),
                                ("v", self.kv_heads)))
        q, k = rotate(q, self.theta), rotate(k, self.theta)
        mask = np.triu(np.full((length, length), -np.inf), 1)
        outputs = []
        for head in range(self.heads):
            shared = head * self.kv_heads // self.heads
            scores = q[:, head] @ k[:, shared].T / np.sqrt(q.shape[-1])
            outputs.append(softmax(scores + mask) @ v[:, shared])
        joined = np.concatenate(outputs, axis=-1)
        return joined @ self.tensors[block + "attn_output.weight"].T


def greedy(decoder, vocabulary, prompt):
    """The record of one prompt for the file of expected outputs."""
    prompt_ids = vocabulary.encode(prompt)
    ids, gaps, first = list(prompt_ids), [], None
    while len(ids) < POSITIONS and ids[-1] != vocabulary.eos:
        logits = decoder.logits(ids)
        first = logits if first is None else first
        second, best = np.sort(logits)[-2:]
        gaps.append(round(float(best - second), 4))
        ids.append(int(np.argmax(logits)))
    in_64 = gaps[:64 - len(prompt_ids)]
    return {"prompt": prompt, "prompt_ids": prompt_ids, "greedy_ids": ids,
            "ended_with_eos": ids[-1] == vocabulary.eos,
            "text": vocabulary.decode(ids),
            "min_top2_logit_gap": min(gaps),
            "min_top2_logit_gap_64": min(in_64), "top2_logit_gaps": gaps,
            "logits_after_prompt": [round(float(x), 6) for x in first]}


def sample(decoder, vocabulary, prompt, temperature, seed):
    """A text drawn at `temperature`."""
    random = np.random.default_rng(seed)
    ids = vocabulary.encode(prompt)
    while len(ids) < POSITIONS and ids[-1] != vocabulary.eos:
        logits = decoder.logits(ids)
        if temperature == 0:
            ids.append(int(np.argmax(logits)))
            continue
        probabilities = softmax(logits / temperature)
        ids.append(int(random.choice(len(logits), p=probabilities)))
    return vocabulary.decode(ids)


def expected_outputs(path, decoder, vocabulary):
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return {"model": os.path.basename(path), "sha256": digest,
            "encodings": [{"text": text, "ids": vocabulary.encode(text)}
                          for text in ENCODINGS],
            "prompts": [greedy(decoder, vocabulary, p) for p in PROMPTS]}


def to_json(value):
    """JSON with one list of numbers or one pair a line."""
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}: {to_json(v)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(to_json(item) for item in value) + "\n]"
    return json.dumps(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--expected", help="JSON file to write")
    parser.add_argument("--sample", metavar="PROMPT")
    parser.add_argument("--temp", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    metadata, tensors = read_gguf(options.model)
    decoder, vocabulary = Decoder(metadata, tensors), Vocabulary(metadata)
    if options.sample is not None:
        print(sample(decoder, vocabulary, options.sample, options.temp,
                     options.seed))
    if options.expected:
        result = expected_outputs(options.model, decoder, vocabulary)
        with open(options.expected, "w", encoding="utf-8") as file:
            file.write(to_json(result) + "\n")


if __name__ == "__main__":
    main()
