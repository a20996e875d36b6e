#!/usr/bin/env python3
"""Times the passes on models of 12, 24, 48 and 96 layers.

usage: pass-scaling.py [--compiler PATH] [--pipeline TEXT] [--rounds N]

Prints, for each number of layers, the seconds that all passes take together
(the sum of --timing) and the ratio to those of half as many layers; 2 is
linear. Of several rounds the fastest counts.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

LAYERS = [12, 24, 48, 96]
# Taken on top, one by one, while a limit is not kept.
MORE_ROUNDS = 10


def write_model(path, layers):
    """A llama2.c checkpoint of tiny layers, all weights 0, and a vocabulary."""
    dim, hidden, heads, vocabulary, length = 32, 64, 4, 300, 64
    header = struct.pack("<7i", dim, hidden, layers, heads, heads, vocabulary,
                         length)
    head_size = dim // heads
    count = (vocabulary * dim + layers * (2 * dim + 4 * dim * dim
                                          + 3 * dim * hidden)
             + dim + length * head_size)
    path.write_bytes(header + bytes(4 * count))
    pieces = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % i for i in range(256)]
    pieces += [b"p%d" % i for i in range(vocabulary - len(pieces))]
    data = struct.pack("<i", max(map(len, pieces)))
    for piece in pieces:
        data += struct.pack("<fi", 0.0, len(piece)) + piece
    path.with_suffix(".tok.bin").write_bytes(data)


def time_passes(compiler, pipeline, path):
    done = subprocess.run(
        [compiler, str(path), f"--tokenizer={path.with_suffix('.tok.bin')}",
         f"--pipeline={pipeline}", "--emit=mil", "-q", "--timing=json",
         "-o", "/dev/null"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    timing = json.loads(done.stderr)
    return timing["total"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="espresso-compile")
    parser.add_argument("--pipeline", default="ane")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float,
                        help="exit 1 if 96 layers take more seconds, or "
                        "four times as many layers more than eight times as "
                        "long, in many rounds, too")
    options = parser.parse_args()
    times = [float("inf")] * len(LAYERS)

    def are_slow():
        return times[-1] > options.limit or times[-1] / times[-3] > 8

    with tempfile.TemporaryDirectory() as directory:
        paths = [pathlib.Path(directory) / f"model{layers}.bin"
                 for layers in LAYERS]
        for path, layers in zip(paths, LAYERS):
            write_model(path, layers)
        # What else a machine does disturbs some rounds, but not all.
        rounds = options.rounds
        while rounds > 0 or (options.limit and are_slow()
                             and rounds > -MORE_ROUNDS):
            times = [min(time, time_passes(options.compiler, options.pipeline,
                                           path))
                     for time, path in zip(times, paths)]
            rounds -= 1
    for i, layers in enumerate(LAYERS):
        ratio = times[i] / times[i - 1] if i > 0 else 1.0
        print(f"{layers:3} layers {times[i]:8.3f} s {ratio:6.2f}")
    if options.limit and are_slow():
        sys.exit("the passes take too long")


main()
