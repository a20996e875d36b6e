#!/usr/bin/env python3
"""Stands in for espresso-kernel-bench, which is not among what tests build."""

import argparse
import json

LINES = [
    ("fp16 matvec and arg-max, 48 MB, 1 thread", 0.95, 0.90, 0.97, "GB/s", ""),
    ("fp16 matvec and arg-max, 48 MB, 2 threads", 0.80, 0.70, 0.97, "GB/s", ""),
    ("fp16 product beside fp32, 5632x2048, 128 columns, 1 thread", 0.97, 0.9, 1.0,
     "GFLOP/s", ""),
    ("fp16 product beside fp32, 5632x2048, 32 columns, 1 thread", 0.5, 0.4, 0.6,
     "GFLOP/s", ""),
    ("screened head, 128256x2048, 2 threads", 2.5, 2.0, 2.6, "GB/s",
     " of the copy; the same token"),
]

parser = argparse.ArgumentParser()
parser.add_argument("--rounds")
parser.add_argument("--only", default="")
parser.add_argument("--json", action="store_true")
parser.add_argument("--trials")
parser.add_argument("--rows")
parser.add_argument("--columns")
arguments = parser.parse_args()
if arguments.trials:
    print(f"head trials, {arguments.rows}x{arguments.columns}: {arguments.trials} the "
          "same; 9.5 rows rescored a trial")
else:
    assert arguments.json
    print(json.dumps({"lines": [
        {"name": name, "median": median, "low": low, "high": high, "speed": 20.0,
         "unit": unit, "note": note}
        for name, median, low, high, unit, note in LINES
        if name.startswith(arguments.only)]}))
