"""Holds pipelines to what a program computes.

usage: check_pipelines.py TOLERANCE FILE PIPELINE... -- ESPRESSO-OPT...

Each pipeline runs on FILE, and the outputs are compared with those of FILE as it
is, on the same inputs: no element may differ by more than TOLERANCE times the
largest.
"""

import re
import subprocess
import sys

NUMBER = re.compile(r"-?(?:0x[0-9a-fp.+-]+|inf|nan)")


def evaluate(command, pipeline):
    if pipeline:
        command = command + [f"--pipeline={pipeline}"]
    done = subprocess.run(command + ["-q", "--evaluate=main", "--seed=3"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{pipeline}: exit code {done.returncode}\n{done.stderr}")
    values = done.stdout.split("([", 1)[1]
    return [float.fromhex(number) if "x" in number else float(number)
            for number in NUMBER.findall(values)]


def main():
    end = sys.argv.index("--")
    tolerance, file, *pipelines = sys.argv[1:end]
    command = sys.argv[end + 1:] + [file]
    expected = evaluate(command, "")
    largest = max(map(abs, expected))
    for pipeline in pipelines:
        found = evaluate(command, pipeline)
        if len(found) != len(expected):
            sys.exit(f"{pipeline}: {len(found)} numbers for {len(expected)}")
        worst = max(abs(a - b) for a, b in zip(expected, found))
        if not worst <= float(tolerance) * largest:
            sys.exit(f"{pipeline}: differs by {worst} of {largest}")
        print(f"{pipeline}: {len(found)} numbers alike")


main()
