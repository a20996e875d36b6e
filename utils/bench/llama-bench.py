#!/usr/bin/env python3
"""Compares espresso-run bench with llama.cpp's llama-bench on the same GGUF.

usage: llama-bench.py --llama-bench PATH [options] MODEL.gguf

Each round runs both programs on all tests, one right after the other, the order
changing from round to round; each measures every test once, after a warm-up of its
own. Printed are, for each test, the median speeds and the median over the rounds of
the ratio of the two, with the extremes: above 1 Espresso is faster.

Lists (-p, -n, -d, -t) are of numbers and go to both programs. What llama-bench is to be
told beyond them follows --llama-args, as one word: --llama-args="-fa 1".
"""

import argparse
import json
import pathlib
import shlex
import sys

from toolrun import SOURCE, Spread, ToolError, run_json

COLUMNS = ("test", "threads", "espresso t/s", "llama.cpp t/s", "ratio", "min..max")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="Ratios above 1: Espresso is faster. See the head of this file.")
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL.gguf")
    parser.add_argument("--llama-bench", required=True, metavar="PATH")
    parser.add_argument("--espresso-run", metavar="PATH",
                        default=SOURCE / "build/release/bin/espresso-run")
    parser.add_argument("-p", "--prompt-tokens", default="128,512", metavar="LIST")
    parser.add_argument("-n", "--gen-tokens", default="32", metavar="LIST")
    parser.add_argument("-d", "--depth", default="0", metavar="LIST")
    parser.add_argument("-t", "--threads", default="1,2", metavar="LIST")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("--llama-args", default="", metavar="WORDS")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    for name in ("prompt_tokens", "gen_tokens", "depth", "threads"):
        values = getattr(arguments, name).split(",")
        if not all(value.isdecimal() for value in values):
            parser.error(f"--{name.replace('_', '-')}: expected numbers with commas "
                         f"between them, found '{getattr(arguments, name)}'")
    if arguments.rounds < 1:
        parser.error("--rounds: expected at least 1")
    if not arguments.model.is_file():
        parser.error(f"'{arguments.model}' is no file")
    return arguments


def run_espresso(arguments):
    """Tokens per second by test, and the whole report."""
    report = run_json([arguments.espresso_run, "bench", arguments.model,
                       "-p", arguments.prompt_tokens, "-n", arguments.gen_tokens,
                       "-d", arguments.depth, "-t", arguments.threads,
                       "-r", "1", "--no-verify", "--json"])
    return {get_key(test): test["tokens_per_second"]["median"]
            for test in report["tests"]}, report


def run_llama(arguments):
    """The same of llama-bench, whose report is a list of tests."""
    command = [arguments.llama_bench, "-m", arguments.model,
               "-p", arguments.prompt_tokens, "-n", arguments.gen_tokens,
               "-t", arguments.threads, "-r", "1", "-o", "json"]
    if arguments.depth != "0":  # older ones do not know it
        command += ["-d", arguments.depth]
    tests = run_json(command + shlex.split(arguments.llama_args))
    if not isinstance(tests, list) or not tests:
        raise ToolError("llama-bench printed no list of tests")
    try:
        return {get_key(test): float(test["avg_ts"]) for test in tests}, tests[0]
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError(f"llama-bench printed a test without {error}") from error


def get_key(test):
    return (int(test["n_prompt"]), int(test["n_gen"]), int(test.get("n_depth", 0)),
            int(test["n_threads"]))


def get_name(key):
    prompt, gen, depth, _ = key
    return (f"pp{prompt}" if prompt else f"tg{gen}") + (f" @ d{depth}" if depth
                                                        else "")


def measure(arguments):
    """Rounds of both: (speeds of Espresso, speeds of llama.cpp) by test, and what
    the reports of the last round say of the programs."""
    speeds, reports = {}, {}
    programs = [("espresso", run_espresso), ("llama", run_llama)]
    for number in range(arguments.rounds):
        found = {}
        for name, program in programs if number % 2 == 0 else reversed(programs):
            print(f"round {number + 1} of {arguments.rounds}: {name}",
                  file=sys.stderr, flush=True)
            found[name], reports[name] = program(arguments)
        if found["espresso"].keys() != found["llama"].keys():
            only = found["espresso"].keys() ^ found["llama"].keys()
            raise ToolError("the programs did not run the same tests; only one ran "
                            + ", ".join(f"{get_name(key)} -t {key[3]}"
                                        for key in sorted(only)))
        for key, speed in found["espresso"].items():
            ours, theirs = speeds.setdefault(key, ([], []))
            ours.append(speed)
            theirs.append(found["llama"][key])
    return speeds, reports


def format_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        + "\n" for row in rows)


def main():
    arguments = parse_arguments()
    try:
        speeds, reports = measure(arguments)
    except ToolError as error:
        sys.exit(f"llama-bench.py: error: {error}")
    results = [(key, Spread(ours), Spread(theirs),
                Spread(a / b for a, b in zip(ours, theirs)))
               for key, (ours, theirs) in speeds.items()]
    theirs = reports["llama"]
    about = {"model": str(arguments.model), "rounds": arguments.rounds,
             "espresso": reports["espresso"]["producer"],
             "llama.cpp": f"{theirs.get('build_commit', 'unknown')} "
                          f"({theirs.get('build_number', 'unknown')})",
             "processor": reports["espresso"]["machine"]["processor"],
             "load": reports["espresso"]["machine"]["load"]}
    if arguments.json:
        tests = [{"test": get_name(key), "n_prompt": key[0], "n_gen": key[1],
                  "n_depth": key[2], "n_threads": key[3],
                  "espresso_tokens_per_second": ours.samples,
                  "llama_tokens_per_second": theirs.samples,
                  "ratio": {"median": ratio.median, "min": ratio.low,
                            "max": ratio.high, "samples": ratio.samples}}
                 for key, ours, theirs, ratio in results]
        print(json.dumps({**about, "tests": tests}, indent=2))
        return
    for name, value in about.items():
        print(f"{name}: {value}")
    rows = [COLUMNS]
    for key, ours, theirs, ratio in results:
        rows.append((get_name(key), str(key[3]), f"{ours.median:.2f}",
                     f"{theirs.median:.2f}", *ratio.format(2)))
    print("\n" + format_table(rows), end="")
    if arguments.rounds < 5:
        print("\nfewer than five rounds: a glance, not a measurement")


if __name__ == "__main__":
    main()
