#!/usr/bin/env python3
"""Checks that pipelines for the engine leave what its rules take.

usage: legality-table.py [--compiler PATH] [--chip NAME]... [MODEL...]

Compiles known models (all of them unless some are named) with made-up weights,
which are never made, by every named pipeline that makes programs for the
engine, and runs, with the espresso-opt beside the compiler, 'legalize-ane' and '--lint' on what comes out: neither may
have anything to rewrite, to warn of, or to find. Prints a table with a row for
each model, and exits 1 if there is anything.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

REWRITES = re.compile(r"^\s*(\d+)\s+legalize-ane num-rewrites", re.MULTILINE)


def find_pipelines(opt):
    """Named pipelines with the pass that legalizes."""
    listed = json.loads(subprocess.run(
        [opt, "--list-passes=json"], capture_output=True, text=True,
        check=True).stdout)
    return [pipeline["name"] for pipeline in listed["pipelines"]
            if "legalize-ane" in pipeline["passes"]]


def find_models(compiler):
    listed = subprocess.run([compiler, "--list-configs"], capture_output=True,
                            text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()[1:] if line]


def check(options, model, pipeline, chip, path):
    """What is wrong, in a few words; empty if nothing is."""
    done = subprocess.run(
        [options.compiler, f"--config={model}", f"--pipeline={pipeline}",
         f"--chip={chip}", "--context=256", "--emit=mil", "-o", path],
        capture_output=True, text=True)
    if done.returncode != 0 or "warning" in done.stderr:
        return done.stderr.strip().splitlines()[0]
    done = subprocess.run(
        [options.opt, path, "--no-weights", "--pipeline=legalize-ane", "--lint",
         f"--chip={chip}", "--statistics", "-o", "/dev/null"],
        capture_output=True, text=True)
    found = [line for line in done.stderr.splitlines()
             if "warning:" in line or "error:" in line]
    if found or done.returncode != 0:
        return f"{len(found)} findings, the first: {found[0]}"
    rewrites = REWRITES.findall(done.stderr)
    return "" if rewrites == ["0"] else f"{rewrites} operations rewritten"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="espresso-compile")
    parser.add_argument("--chip", action="append")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    options.opt = str(pathlib.Path(options.compiler).with_name("espresso-opt"))
    pipelines = find_pipelines(options.opt)
    if not pipelines:
        sys.exit("no pipeline legalizes")
    failures = 0
    print("| model | " + " | ".join(pipelines) + " |")
    print("|---" * (len(pipelines) + 1) + "|")
    with tempfile.TemporaryDirectory() as directory:
        path = str(pathlib.Path(directory) / "program.mil")
        for model in options.models or find_models(options.compiler):
            cells = []
            for pipeline in pipelines:
                wrong = [f"{chip}: {text}" for chip in options.chip or ["any"]
                         if (text := check(options, model, pipeline, chip,
                                           path))]
                failures += len(wrong)
                cells.append("; ".join(wrong) or "ok")
            print("| " + " | ".join([model] + cells) + " |", flush=True)
    sys.exit(1 if failures else 0)


main()
