#!/usr/bin/env python3
"""Stands in for llama-bench, or for espresso-run bench if its first argument is that
word: prints the reports of made-up speeds.

FAKE_LOG names a file that gets a line for each run. FAKE_SPEEDS are the speeds of the
runs of this program in turn, the last of them for all that follow; FAKE_MODE is one of
fail, garbage, empty, missing.
"""

import argparse
import itertools
import json
import os
import pathlib
import sys


def main():
    is_ours = sys.argv[1:2] == ["bench"]
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", dest="model")
    for option in "pndt":
        parser.add_argument("-" + option, default="0")
    parser.add_argument("-r")
    parser.add_argument("-o")
    parser.add_argument("-fa", default="0")
    for option in ("--no-verify", "--json"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("path", nargs="?")
    arguments = parser.parse_args(sys.argv[2:] if is_ours else sys.argv[1:])
    name = "ours" if is_ours else "theirs"
    log = pathlib.Path(os.environ["FAKE_LOG"])
    runs = log.read_text().split("\n") if log.exists() else []
    number = sum(line.startswith(name) for line in runs)
    with open(log, "a") as file:
        file.write(f"{name} {' '.join(sys.argv[1:])}\n")
    mode = os.environ.get("FAKE_MODE") if not is_ours else None
    if mode == "fail":
        sys.exit("error: failed to load model")
    if mode == "garbage":
        print("| model | t/s |")
        return
    speeds = [float(word) for word in
              os.environ["OUR_SPEEDS" if is_ours else "THEIR_SPEEDS"].split(",")]
    speed = speeds[min(number, len(speeds) - 1)]
    tests = []
    for threads, depth in itertools.product(arguments.t.split(","),
                                            arguments.d.split(",")):
        for prompt, gen in ([(p, 0) for p in arguments.p.split(",")]
                            + [(0, n) for n in arguments.n.split(",")]):
            if int(prompt) + int(gen) == 0 or (mode == "missing" and tests):
                continue
            test = {"n_prompt": int(prompt), "n_gen": int(gen),
                    "n_depth": int(depth), "n_threads": int(threads)}
            if is_ours:
                test["tokens_per_second"] = {"median": speed}
            else:
                test.update({"build_commit": "abc123", "build_number": 42,
                             "avg_ts": speed, "stddev_ts": 0.0,
                             "samples_ts": [speed]})
            tests.append(test)
    if mode == "empty":
        tests = []
    print(json.dumps({"producer": "Espresso 0", "tests": tests,
                      "machine": {"processor": "a machine", "load": 0.25}}
                     if is_ours else tests))


main()
