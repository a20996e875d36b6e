#!/usr/bin/env python3
"""Writes a valid program of any size as MIL text, to measure tools with.

usage: make-program.py OPERATIONS

The program is one function of a repeated piece: constants, a linear layer, an
activation, a residual sum, a softmax. Names differ as those of converters do.
"""

import sys

PIECE = """\
            tensor<fp16, [64, 64]> block_{i}_weight = const()[name = string("block_{i}_weight"), val = tensor<fp16, [64, 64]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64({offset})))];
            tensor<fp16, [64]> block_{i}_bias = const()[name = string("block_{i}_bias"), val = tensor<fp16, [64]>([{bias}])];
            tensor<fp16, [1, 64]> block_{i}_linear = linear(bias = block_{i}_bias, weight = block_{i}_weight, x = {x})[name = string("block_{i}_linear")];
            string block_{i}_mode = const()[name = string("block_{i}_mode"), val = string("TANH_APPROXIMATION")];
            tensor<fp16, [1, 64]> block_{i}_gelu = gelu(mode = block_{i}_mode, x = block_{i}_linear)[name = string("block_{i}_gelu")];
            tensor<fp16, [1, 64]> block_{i}_sum = add(x = block_{i}_gelu, y = {x})[name = string("block_{i}_sum")];
            int32 block_{i}_axis = const()[name = string("block_{i}_axis"), val = int32(-1)];
            tensor<fp16, [1, 64]> block_{i}_softmax = softmax(axis = block_{i}_axis, x = block_{i}_sum)[name = string("block_{i}_softmax")];
            tensor<fp16, [1, 64]> block_{i}_scaled = mul(x = block_{i}_softmax, y = fp16(0x1.8p+1))[name = string("block_{i}_scaled")];
            tensor<fp16, [1, 64]> block_{i}_out = add(x = block_{i}_scaled, y = block_{i}_sum)[name = string("block_{i}_out")];
"""
OPERATIONS_PER_PIECE = PIECE.count("\n")
BIAS = ", ".join(f"0x1.{n:02x}p-4" if n % 16 else f"0x1.{n // 16:x}p-4"
                 for n in range(1, 65))
WEIGHT_BYTES = 64 * 64 * 2 + 64


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    pieces = int(sys.argv[1]) // OPERATIONS_PER_PIECE
    if pieces == 0:
        sys.exit(f"at least {OPERATIONS_PER_PIECE} operations")
    write = sys.stdout.write
    write("program(1.3)\n{\n    func main<ios18>(tensor<fp16, [1, 64]> x) {\n")
    x = "x"
    for i in range(pieces):
        write(PIECE.format(i=i, x=x, bias=BIAS, offset=64 + i * WEIGHT_BYTES))
        x = f"block_{i}_out"
    write(f"        }} -> ({x});\n}}")


if __name__ == "__main__":
    main()
