#!/usr/bin/env python3
"""Measures how fast a large program is written as a package, beside `cp`.

usage: package-export.py [--rounds N] [--layers N] [BUILD_DIR]
  --rounds N   rounds, each of one export and one copy (default 5)
  --layers N   layers of 44 million weights each (default 24)

The program is a decoder of real shapes; 24 layers have 1.1 billion fp16 weights in
one weight file of 2.2 GB, 48 layers are more than 4 GiB. A round exports it (espresso-opt model.mil -o
model.mlpackage) and copies the weight file (cp), one right after the other, the
order changing from round to round, each until the data are on the disk. Printed
are seconds of each, the median of their ratio (1 is as fast as copying), and the
largest memory that an export took. The temporary directory holds the weights three
times.
"""

import argparse
import os
import pathlib
import statistics
import struct
import tempfile

from timed import run

EMBEDDING, HIDDEN, KEY_VALUE, VOCABULARY = 2048, 5632, 256, 32000
RECORD_BYTES = 64
FP16 = 1


class WeightFile:
    """A MILBlob of version 2, made in one pass."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.count = 0
        self.file.write(bytes(64))
        # Not all alike, and no two weights the same.
        self.noise = os.urandom(1 << 20)

    def add(self, elements):
        """Appends a weight and returns its offset."""
        self.file.write(bytes(-self.file.tell() % 64))
        offset, size = self.file.tell(), 2 * elements
        self.file.write(struct.pack("<IIQQQ", 0xDEADBEEF, FP16, size,
                                    offset + RECORD_BYTES, 0) + bytes(32))
        start = struct.pack("<Q", self.count)[:min(size, 8)]
        self.file.write(start)
        left = size - len(start)
        while left > 0:
            left -= self.file.write(self.noise[:left])
        self.count += 1
        return offset

    def close(self):
        self.file.seek(0)
        self.file.write(struct.pack("<II", self.count, 2))
        self.file.close()


class ProgramText:
    """The text of a function over one token, [1, channels, 1, 1]."""

    def __init__(self, weights):
        self.weights = weights
        self.lines = []
        self.parameters = 0

    def linear(self, name, outputs, inputs, x):
        shape = f"tensor<fp16, [{outputs}, {inputs}, 1, 1]>"
        offset = self.weights.add(outputs * inputs)
        self.parameters += outputs * inputs
        self.lines.append(
            f'{shape} {name}_w = const()[name = string("{name}_w"), val = {shape}'
            f'(BLOBFILE(path = string("@model_path/weight.bin"), '
            f'offset = uint64({offset})))];')
        self.operation(name, outputs, f"conv(weight = {name}_w, x = {x})")
        return name

    def operation(self, name, channels, text):
        self.lines.append(f'tensor<fp16, [1, {channels}, 1, 1]> {name} = '
                          f'{text}[name = string("{name}")];')
        return name

    def layer(self, i, x):
        q = self.linear(f"l{i}_q", EMBEDDING, EMBEDDING, x)
        k = self.linear(f"l{i}_k", KEY_VALUE, EMBEDDING, x)
        v = self.linear(f"l{i}_v", KEY_VALUE, EMBEDDING, x)
        kv = self.operation(f"l{i}_kv", KEY_VALUE, f"mul(x = {k}, y = {v})")
        kv = self.operation(
            f"l{i}_tiled", EMBEDDING,
            f"tile(reps = tensor<int32, [4]>([1, {EMBEDDING // KEY_VALUE}, 1, 1]), "
            f"x = {kv})")
        mixed = self.operation(f"l{i}_mixed", EMBEDDING, f"mul(x = {q}, y = {kv})")
        o = self.linear(f"l{i}_o", EMBEDDING, EMBEDDING, mixed)
        h = self.operation(f"l{i}_h", EMBEDDING, f"add(x = {x}, y = {o})")
        gate = self.linear(f"l{i}_gate", HIDDEN, EMBEDDING, h)
        gate = self.operation(f"l{i}_silu", HIDDEN, f"silu(x = {gate})")
        up = self.linear(f"l{i}_up", HIDDEN, EMBEDDING, h)
        gated = self.operation(f"l{i}_gated", HIDDEN, f"mul(x = {gate}, y = {up})")
        down = self.linear(f"l{i}_down", EMBEDDING, HIDDEN, gated)
        return self.operation(f"l{i}_out", EMBEDDING, f"add(x = {h}, y = {down})")

    def write(self, path, output):
        body = "".join(f"            {line}\n" for line in self.lines)
        path.write_text(f"program(1.3)\n{{\n    func main<ios18>(tensor<fp16, "
                        f"[1, {EMBEDDING}, 1, 1]> x) {{\n{body}        }} -> "
                        f"({output});\n}}")


def make_program(directory, layers):
    """Writes model.mil and weight.bin and returns the number of weights."""
    weights = WeightFile(directory / "weight.bin")
    text = ProgramText(weights)
    x = "x"
    for i in range(layers):
        x = text.layer(i, x)
    text.linear("logits", VOCABULARY, EMBEDDING, x)
    text.write(directory / "model.mil", "logits")
    weights.close()
    return text.parameters


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("build", nargs="?", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2] / "build/release")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        parameters = make_program(directory, arguments.layers)
        weight_bytes = (directory / "weight.bin").stat().st_size
        print(f"{arguments.layers} layers, {parameters} weights, {weight_bytes} bytes")
        package, copy = directory / "model.mlpackage", directory / "copy.bin"
        export = [str(arguments.build / "bin/espresso-opt"),
                  str(directory / "model.mil"), "-o", str(package)]
        cp = ["cp", str(directory / "weight.bin"), str(copy)]
        ratios, peak = [], 0
        for i in range(arguments.rounds):
            jobs = [("export", export, package), ("cp", cp, copy)]
            seconds = {}
            for job, command, result in jobs if i % 2 == 0 else reversed(jobs):
                seconds[job], _, memory = run(command, result)
                if job == "export":
                    peak = max(peak, memory)
            ratios.append(seconds["cp"] / seconds["export"])
            print(f"export {seconds['export']:.2f} s, cp {seconds['cp']:.2f} s")
        print(f"speed of the export relative to cp: median "
              f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to "
              f"{max(ratios):.2f}); peak memory {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
