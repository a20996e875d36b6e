"""Copies a program and writes the weight file it refers to, of small numbers.

usage: make_weights.py IN.mil DIRECTORY

The copy is DIRECTORY/model.mil, the weights DIRECTORY/weights/weight.bin or
whatever name the program has: a record wherever the program says that there is
one, filled with numbers drawn with a fixed seed.
"""

import pathlib
import random
import re
import struct
import sys

# Codes of element types in a record, and bytes of an element.
CODES = {"fp16": 1, "fp32": 2, "uint8": 3, "int8": 4}
WIDTHS = {"fp16": 2, "fp32": 4, "uint8": 1, "int8": 1}
BLOB = re.compile(
    r'tensor<(\w+), \[([\d, ]*)\]>\(BLOBFILE\(path = [^"]*"@model_path/'
    r'([^"]*)"\)?, offset = [^(]*\((\d+)\)\)')


def draw(kind, count):
    """`count` elements; floats are made of random bits, uniform in binades."""
    source = random.Random(count)
    data = bytearray(source.randbytes(count * WIDTHS[kind]))
    if kind in ("fp16", "fp32"):
        # Exponents of 2^-5 to 2^-2, in the last byte of each element.
        low, mask = (0x28, 0x8F) if kind == "fp16" else (0x3D, 0x80)
        for i in range(WIDTHS[kind] - 1, len(data), WIDTHS[kind]):
            data[i] = data[i] & mask | low
    return bytes(data)


def main():
    text = pathlib.Path(sys.argv[1]).read_text()
    directory = pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.mil").write_text(text)
    files = {}
    for kind, shape, name, offset in BLOB.findall(text):
        count = 1
        for extent in filter(None, shape.split(",")):
            count *= int(extent)
        files.setdefault(name, {})[int(offset)] = (kind, draw(kind, count))
    for name, records in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as out:
            out.write(struct.pack("<II56x", len(records), 2))
            for offset, (kind, data) in sorted(records.items()):
                out.seek(offset)
                out.write(struct.pack("<IIQQ40x", 0xDEADBEEF, CODES[kind],
                                      len(data), offset + 64))
                out.write(data)


main()
