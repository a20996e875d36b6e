"""Writes a language model as converters write one, as MIL text.

usage: make_foreign.py OUT.mil [TYPE]

Tokens by channels, products by `linear`, root mean square norms by `rsqrt`,
rotary tables and a causal mask of constants, keys and values repeated by `tile`.
Weights are drawn with a fixed seed. TYPE is fp32 or fp16.
"""

import math
import random
import sys

VOCABULARY, WIDTH, HIDDEN, LAYERS = 16, 8, 12, 2
HEADS, GROUPS = 4, 2
SIZE = WIDTH // HEADS * 2
THETA = 10000.0


def text_of(elements):
    if isinstance(elements, list):
        return "[" + ", ".join(map(text_of, elements)) + "]"
    return f"{elements:.9g}"


class Writer:
    def __init__(self, tokens):
        self.tokens = tokens
        self.lines = []
        self.random = random.Random(7)

    def add(self, shape, name, expression):
        kind = f"tensor<fp32, {shape}>"
        self.lines.append(f"{kind} {name} = {expression};")
        return name

    def constant(self, shape, name, elements):
        kind = f"tensor<fp32, {shape}>"
        return self.add(shape, name,
                        f"const()[val = {kind}({text_of(elements)})]")

    def weight(self, shape, name, scale=0.5, mean=0.0):
        def draw(extents):
            if not extents:
                return mean + self.random.uniform(-scale, scale)
            return [draw(extents[1:]) for _ in range(extents[0])]
        return self.constant(shape, name, draw(shape))

    def norm(self, x, name):
        shape = [1, self.tokens, WIDTH]
        row = [1, self.tokens, 1]
        gain = self.weight([WIDTH], f"{name}_gain", 0.25, 1.0)
        square = self.add(shape, f"{name}_sq", f"mul(x = {x}, y = {x})")
        mean = self.add(row, f"{name}_mean",
                        "reduce_mean(axes = tensor<int32, [1]>([-1]), "
                        f"keep_dims = bool(true), x = {square})")
        shifted = self.add(row, f"{name}_eps",
                           f"add(x = {mean}, y = fp32(0x1p-17))")
        root = self.add(row, f"{name}_rsqrt",
                        f"rsqrt(epsilon = fp32(0), x = {shifted})")
        hat = self.add(shape, f"{name}_hat", f"mul(x = {x}, y = {root})")
        return self.add(shape, name, f"mul(x = {gain}, y = {hat})")

    def linear(self, x, inputs, outputs, name):
        weight = self.weight([outputs, inputs], f"{name}_weight")
        return self.add([1, self.tokens, outputs], name,
                        f"linear(weight = {weight}, x = {x})")

    def heads(self, x, count, name):
        split = self.add([1, self.tokens, count, SIZE], f"{name}_split",
                         "reshape(shape = tensor<int32, [4]>"
                         f"([1, {self.tokens}, {count}, {SIZE}]), x = {x})")
        return self.add([1, count, self.tokens, SIZE], f"{name}_heads",
                        "transpose(perm = tensor<int32, [4]>([0, 2, 1, 3]), "
                        f"x = {split})")

    def rotate(self, x, count, name):
        half = [1, count, self.tokens, SIZE // 2]
        whole = [1, count, self.tokens, SIZE]

        def part(begin, end, suffix):
            return self.add(
                half, f"{name}_{suffix}",
                "slice_by_index(begin = tensor<int32, [4]>"
                f"([0, 0, 0, {begin}]), end = tensor<int32, [4]>"
                f"([1, {count}, {self.tokens}, {end}]), x = {x})")
        first, second = part(0, SIZE // 2, "1"), part(SIZE // 2, SIZE, "2")
        negative = self.add(half, f"{name}_neg",
                            f"mul(x = {second}, y = fp32(-1))")
        turned = self.add(whole, f"{name}_turned",
                          "concat(axis = int32(-1), interleave = bool(false), "
                          f"values = ({negative}, {first}))")
        a = self.add(whole, f"{name}_cos", f"mul(x = {x}, y = cos)")
        b = self.add(whole, f"{name}_sin", f"mul(x = {turned}, y = sin)")
        return self.add(whole, f"{name}_rot", f"add(x = {a}, y = {b})")

    def repeat(self, x, name):
        times = HEADS // GROUPS
        wide = self.add([1, GROUPS, 1, self.tokens, SIZE], f"{name}_wide",
                        "expand_dims(axes = tensor<int32, [1]>([2]), "
                        f"x = {x})")
        tiled = self.add([1, GROUPS, times, self.tokens, SIZE],
                         f"{name}_tiled",
                         "tile(reps = tensor<int32, [5]>"
                         f"([1, 1, {times}, 1, 1]), x = {wide})")
        return self.add([1, HEADS, self.tokens, SIZE], f"{name}_repeated",
                        "reshape(shape = tensor<int32, [4]>"
                        f"([1, {HEADS}, {self.tokens}, {SIZE}]), x = {tiled})")

    def attention(self, x, name):
        columns = {"q": HEADS, "k": GROUPS, "v": GROUPS}
        heads = {}
        for letter, count in columns.items():
            product = self.linear(x, WIDTH, count * SIZE, f"{name}_{letter}")
            heads[letter] = self.heads(product, count, product)
            if letter != "v":
                heads[letter] = self.rotate(heads[letter], count, product)
            if letter != "q":
                heads[letter] = self.repeat(heads[letter], product)
        scores = [1, HEADS, self.tokens, self.tokens]
        whole = [1, HEADS, self.tokens, SIZE]
        products = self.add(scores, f"{name}_products",
                            "matmul(transpose_y = bool(true), "
                            f"x = {heads['q']}, y = {heads['k']})")
        scaled = self.add(scores, f"{name}_scaled",
                          f"mul(x = {products}, y = fp32({SIZE ** -0.5}))")
        masked = self.add(scores, f"{name}_masked",
                          f"add(x = {scaled}, y = mask)")
        weights = self.add(scores, f"{name}_weights",
                           f"softmax(axis = int32(-1), x = {masked})")
        context = self.add(whole, f"{name}_context",
                           f"matmul(x = {weights}, y = {heads['v']})")
        rows = self.add([1, self.tokens, HEADS, SIZE], f"{name}_rows",
                        "transpose(perm = tensor<int32, [4]>([0, 2, 1, 3]), "
                        f"x = {context})")
        joined = self.add([1, self.tokens, HEADS * SIZE], f"{name}_joined",
                          "reshape(shape = tensor<int32, [3]>"
                          f"([1, {self.tokens}, {HEADS * SIZE}]), x = {rows})")
        return self.linear(joined, HEADS * SIZE, WIDTH, f"{name}_o")

    def feed_forward(self, x, name):
        shape = [1, self.tokens, HIDDEN]
        gate = self.linear(x, WIDTH, HIDDEN, f"{name}_gate")
        up = self.linear(x, WIDTH, HIDDEN, f"{name}_up")
        act = self.add(shape, f"{name}_act", f"silu(x = {gate})")
        both = self.add(shape, f"{name}_both", f"mul(x = {act}, y = {up})")
        return self.linear(both, HIDDEN, WIDTH, f"{name}_down")

    def write(self):
        shape = [1, self.tokens, WIDTH]
        angles = [[p * THETA ** (-2 * i / SIZE) for i in range(SIZE // 2)]
                  for p in range(self.tokens)]
        table = [1, 1, self.tokens, SIZE]
        for name, function in (("cos", math.cos), ("sin", math.sin)):
            self.constant(table, name,
                          [[[[function(a) for a in row + row]
                             for row in angles]]])
        self.constant([1, 1, self.tokens, self.tokens], "mask",
                      [[[[0 if column <= row else -30000.0
                          for column in range(self.tokens)]
                         for row in range(self.tokens)]]])
        x = "x"
        for layer in range(LAYERS):
            name = f"l{layer}"
            attended = self.attention(self.norm(x, f"{name}_norm"), name)
            h = self.add(shape, f"{name}_h", f"add(x = {x}, y = {attended})")
            mixed = self.feed_forward(self.norm(h, f"{name}_ffn_norm"),
                                      f"{name}_ffn")
            x = self.add(shape, f"{name}_out", f"add(x = {h}, y = {mixed})")
        self.linear(self.norm(x, "final"), WIDTH, VOCABULARY, "logits")


def main():
    tokens = 4
    writer = Writer(tokens)
    writer.write()
    lines = "".join(f"            {line}\n" for line in writer.lines)
    text = ("program(1.3)\n{\n    func main<ios18>(tensor<fp32, "
            f"[1, {tokens}, {WIDTH}]> x) {{\n{lines}"
            "        } -> (logits);\n}\n")
    if len(sys.argv) > 2:
        text = text.replace("fp32", sys.argv[2])
    with open(sys.argv[1], "w") as out:
        out.write(text)


main()
