#!/usr/bin/env python3
"""Prints the table of dispatches per token in docs/Pipelines.md.

usage: dispatch-table.py [--compiler PATH] [--check FILE]

Compiles the registered models with made-up weights by several pipelines, and
reads how many programs one token takes. With --check, exits 1 unless FILE has
the table. Nothing is written but text: weights are never made.
"""

import argparse
import pathlib
import re
import subprocess
import sys

MODELS = ["gpt2-124m", "stories110m", "smollm-135m", "tinyllama-1.1b",
          "llama3.2-1b", "llama3.2-3b", "qwen3-0.6b"]
WHOLE = "split-at-rope{attention=graph,rope=graph}"
# Heading, and the passes. The head is on the CPU in all, so that layers count.
PIPELINES = [
    ("split", "split-at-rope"),
    ("split, joined", "split-at-rope,fuse-blocks"),
    ("whole layers", WHOLE),
    ("joined by 2", WHOLE + ",fuse-blocks{max-layers=2}"),
    ("joined by 4", WHOLE + ",fuse-blocks"),
    ("joined by bytes", WHOLE + ",fuse-blocks{max-layers=0}"),
]
DISPATCHES = re.compile(
    r"^\s*(\d+)\s+([a-z-]+) dispatches-per-token \(", re.MULTILINE)


def count(compiler, model, passes):
    """Dispatches for one token, or the first line of what went wrong."""
    done = subprocess.run(
        [compiler, f"--config={model}", f"--pipeline={passes}", "--prefill=0",
         "--emit=mil", "--statistics", "-o", "/dev/null"],
        capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[0]
    return DISPATCHES.findall(done.stderr)[-1][0]


def make_table(compiler):
    heads = ["model"] + [heading for heading, _ in PIPELINES]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for model in MODELS:
        cells = [count(compiler, model, passes) for _, passes in PIPELINES]
        lines.append("| " + " | ".join([model] + cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="espresso-compile")
    parser.add_argument("--check")
    options = parser.parse_args()
    table = make_table(options.compiler)
    if not options.check:
        sys.stdout.write(table)
    elif table not in pathlib.Path(options.check).read_text():
        sys.exit(f"{options.check} does not have the table:\n{table}")


main()
