#===- gguf.py - Write a model as GGUF v3 --------------------*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""A writer of GGUF files, version 3, little-endian.

Layout: magic, version, counts, key-value pairs, tensor records, then the data
of each tensor at a multiple of the alignment. A tensor's dimensions are listed
fastest first, so a row-major [out, in] matrix is listed as (in, out).
"""

import struct

import numpy as np

ALIGNMENT = 32
VERSION = 3

# Type codes of values.
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
_SCALARS = {UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}

# Type codes of tensors.
TENSOR_TYPES = {np.dtype("float32"): 0, np.dtype("float16"): 1}


def padding(size):
    """Bytes from `size` to the next multiple of the alignment."""
    return -size % ALIGNMENT


def pack_string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def pack_value(kind, value):
    """A value without its type code; an array is (element type, list)."""
    if kind == STRING:
        return pack_string(value)
    if kind == ARRAY:
        element, items = value
        return struct.pack("<IQ", element, len(items)) + b"".join(
            pack_value(element, item) for item in items)
    return struct.pack(_SCALARS[kind], value)


def write_gguf(path, metadata, tensors):
    """Writes `metadata`, (key, type, value) triples, and `tensors`, (name,
    float16 or float32 array) pairs, in the order given."""
    out = [b"GGUF", struct.pack("<IQQ", VERSION, len(tensors), len(metadata))]
    for key, kind, value in metadata:
        out += [pack_string(key), struct.pack("<I", kind),
                pack_value(kind, value)]
    offset, blobs = 0, []
    for name, array in tensors:
        shape = array.shape[::-1]
        out += [pack_string(name), struct.pack("<I", len(shape)),
                struct.pack(f"<{len(shape)}Q", *shape),
                struct.pack("<IQ", TENSOR_TYPES[array.dtype], offset)]
        data = np.ascontiguousarray(array).tobytes()
        blobs.append(data + bytes(padding(len(data))))
        offset += len(blobs[-1])
    header = b"".join(out)
    with open(path, "wb") as file:
        file.write(header + bytes(padding(len(header))) + b"".join(blobs))


def model_metadata(name, description, config, tokenizer):
    """Metadata of a llama-family model, as (key, type, value) triples."""
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, name),
        ("general.description", STRING, description),
        ("general.license", STRING, "Apache-2.0 WITH LLVM-exception"),
        ("general.alignment", UINT32, ALIGNMENT),
        ("general.file_type", UINT32, 1),  # mostly float16
        ("llama.vocab_size", UINT32, config.vocabulary),
        ("llama.context_length", UINT32, config.context),
        ("llama.embedding_length", UINT32, config.width),
        ("llama.block_count", UINT32, config.layers),
        ("llama.feed_forward_length", UINT32, config.feed_forward),
        ("llama.attention.head_count", UINT32, config.heads),
        ("llama.attention.head_count_kv", UINT32, config.kv_heads),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT32, config.epsilon),
        ("llama.rope.dimension_count", UINT32, config.head_width),
        ("llama.rope.freq_base", FLOAT32, config.theta),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", ARRAY, (STRING, tokenizer.pieces)),
        ("tokenizer.ggml.scores", ARRAY, (FLOAT32, tokenizer.scores)),
        ("tokenizer.ggml.token_type", ARRAY, (INT32, tokenizer.types)),
        ("tokenizer.ggml.unknown_token_id", UINT32, 0),
        ("tokenizer.ggml.bos_token_id", UINT32, 1),
        ("tokenizer.ggml.eos_token_id", UINT32, 2),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.ggml.add_space_prefix", BOOL, True),
    ]
