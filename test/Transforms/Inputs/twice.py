"""Writes a program whose three weights lie at different places of one file.

usage: twice.py DIRECTORY

Two of them, and a third in another function, have the same bytes; one differs.
"""

import os
import struct
import sys

VALUES = [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0],
          [1.0, 2.0, 3.0, 4.0]]


def main():
    directory = sys.argv[1]
    os.makedirs(os.path.join(directory, "weights"), exist_ok=True)
    data = bytearray(struct.pack("<II", len(VALUES), 2) + bytes(56))
    offsets = []
    for values in VALUES:
        data += bytes(-len(data) % 64)
        offsets.append(len(data))
        payload = struct.pack("<4f", *values)
        data += struct.pack("<IIQQQ", 0xDEADBEEF, 2, len(payload),
                            len(data) + 64, 0) + bytes(32)
        data += payload
    with open(os.path.join(directory, "weights", "weight.bin"), "wb") as out:
        out.write(data)

    def constant(name, offset):
        return (f'tensor<fp32, [4]> {name} = const()[val = tensor<fp32, [4]>('
                'BLOBFILE(path = string("@model_path/weights/weight.bin"), '
                f'offset = uint64({offset})))];\n')

    with open(os.path.join(directory, "model.mil"), "w") as out:
        out.write("program(1.3)\n{\n    func main<ios18>(tensor<fp32, [4]> b) {\n")
        out.write(constant("first", offsets[0]) + constant("second", offsets[1]))
        out.write(constant("other", offsets[2]))
        out.write("tensor<fp32, [4]> c = add(x = b, y = first);\n"
                  "tensor<fp32, [4]> d = mul(x = c, y = second);\n"
                  "tensor<fp32, [4]> e = add(x = d, y = other);\n"
                  "        } -> (e);\n"
                  "    func more<ios18>(tensor<fp32, [4]> b) {\n")
        out.write(constant("third", offsets[3]))
        out.write("tensor<fp32, [4]> c = add(x = b, y = third);\n"
                  "        } -> (c);\n}\n")


main()
