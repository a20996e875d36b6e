#!/usr/bin/env python3
"""Writes a program of the shape of a Llama with 110 million weights, and weights.

usage: make-token-program.py DIRECTORY

DIRECTORY gets model.mil and weights/weight.bin. Its function takes the column of one
token, writes keys and values to states, and returns the logits; positions are not
rotated. Weights are halves of random mantissas between 2^-6 and 2^-5, so that nothing
overflows; they are the same each time.
"""

import pathlib
import random
import struct
import sys

LAYERS, WIDTH, HEADS, HIDDEN, VOCABULARY, CONTEXT = 12, 768, 12, 2048, 32000, 64
HEAD = WIDTH // HEADS

# The storage format of weights: a header, then records of 64 bytes of metadata and a
# payload, each at a multiple of 64.
ALIGNMENT, SENTINEL, FP16 = 64, 0xDEADBEEF, 1


class Weights:
    """A weight file; hands out references to what is added to it."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(b"\0" * ALIGNMENT)
        self.count = 0
        self.number = 0
        source = random.Random(1)
        size = 1 << 20
        block = bytearray(source.randbytes(2 * size))
        # Sign and two bits of mantissa, with an exponent of 2^-6.
        table = bytes((b & 0x83) | 0x24 for b in range(256))
        block[1::2] = bytes(block[1::2]).translate(table)
        self.block = bytes(block)

    def add(self, *shape):
        count = 1
        for extent in shape:
            count *= extent
        offset = self.file.tell()
        metadata = struct.pack("<IIQQ", SENTINEL, FP16, 2 * count, offset + ALIGNMENT)
        self.file.write(metadata.ljust(ALIGNMENT, b"\0"))
        left = 2 * count
        while left > 0:
            self.file.write(self.block[:left])
            left -= len(self.block)
        self.file.write(b"\0" * (-self.file.tell() % ALIGNMENT))
        self.count += count
        self.number += 1
        dims = ", ".join(map(str, shape))
        path = 'string("@model_path/weights/weight.bin")'
        return (f"tensor<fp16, [{dims}]>"
                f"(BLOBFILE(path = {path}, offset = uint64({offset})))")

    def close(self):
        self.file.seek(0)
        self.file.write(struct.pack("<II", self.number, 2))
        self.file.close()


class Body:
    """The operations of the function, one a line."""

    def __init__(self, weights):
        self.weights = weights
        self.lines = []

    def op(self, shape, text):
        name = f"v{len(self.lines)}"
        self.lines.append(f"tensor<fp16, {list(shape)}> {name} = {text};")
        return name

    def norm(self, x):
        column = (1, WIDTH, 1, 1)
        # The square of a sixteenth, so that the sum stays in range.
        small = self.op(column, f"mul(x = {x}, y = fp16(0x1p-4))")
        axes = "tensor<int32, [1]>([1])"
        mean = self.op((1, 1, 1, 1), f"reduce_mean(axes = {axes}, keep_dims = bool(true), "
                       f"x = {self.op(column, f'square(x = {small})')})")
        scale = self.op((1, 1, 1, 1), f"rsqrt(epsilon = fp16(0x1p-10), x = {mean})")
        return self.op(column, f"mul(x = {small}, y = {scale})")

    def project(self, x, inputs, outputs):
        weight = self.weights.add(outputs, inputs, 1, 1)
        return self.op((1, outputs, 1, 1), f"conv(weight = {weight}, x = {x})")

    def cache(self, state, x):
        shape = (1, HEADS, CONTEXT, HEAD)
        row = self.op((1, HEADS, 1, HEAD), "reshape("
                      f"shape = tensor<int32, [4]>([1, {HEADS}, 1, {HEAD}]), x = {x})")
        old = self.op(shape, f"read_state(input = {state})")
        new = self.op(shape, f"slice_update(begin = tensor<int32, [4]>([0, 0, 7, 0]), "
                      f"end = tensor<int32, [4]>([1, {HEADS}, 8, {HEAD}]), "
                      f"update = {row}, x = {old})")
        self.lines.append(f"write_state(data = {new}, input = {state});")
        return new

    def layer(self, index, x):
        normed = self.norm(x)
        query = self.op((1, HEADS, 1, HEAD), "reshape("
                        f"shape = tensor<int32, [4]>([1, {HEADS}, 1, {HEAD}]), "
                        f"x = {self.project(normed, WIDTH, WIDTH)})")
        keys = self.cache(f"k{index}", self.project(normed, WIDTH, WIDTH))
        values = self.cache(f"w{index}", self.project(normed, WIDTH, WIDTH))
        attended = self.op((1, HEADS, 1, HEAD), "scaled_dot_product_attention("
                           f"key = {keys}, query = {query}, value = {values})")
        column = self.op((1, WIDTH, 1, 1), "reshape("
                         f"shape = tensor<int32, [4]>([1, {WIDTH}, 1, 1]), x = {attended})")
        x = self.add(x, self.project(column, WIDTH, WIDTH))
        normed = self.norm(x)
        gate = self.project(normed, WIDTH, HIDDEN)
        gate = self.op((1, HIDDEN, 1, 1), f"silu(x = {gate})")
        up = self.project(normed, WIDTH, HIDDEN)
        gated = self.op((1, HIDDEN, 1, 1), f"mul(x = {gate}, y = {up})")
        return self.add(x, self.project(gated, HIDDEN, WIDTH))

    def add(self, x, y):
        return self.op((1, WIDTH, 1, 1), f"add(x = {x}, y = {y})")


def main():
    directory = pathlib.Path(sys.argv[1])
    (directory / "weights").mkdir(parents=True, exist_ok=True)
    weights = Weights(directory / "weights" / "weight.bin")
    body = Body(weights)
    value = "x"
    for index in range(LAYERS):
        value = body.layer(index, value)
    logits = body.project(body.norm(value), WIDTH, VOCABULARY)
    weights.close()
    state = f"state<tensor<fp16, [1, {HEADS}, {CONTEXT}, {HEAD}]>>"
    inputs = [f"tensor<fp16, [1, {WIDTH}, 1, 1]> x"]
    for index in range(LAYERS):
        inputs += [f"{state} k{index}", f"{state} w{index}"]
    lines = "".join(f"        {line}\n" for line in body.lines)
    (directory / "model.mil").write_text(
        "program(1.3)\n{\n"
        f"    func main<ios18>({', '.join(inputs)}) {{\n{lines}    }} -> ({logits});\n}}\n")
    print(f"{weights.count} weights")


main()
