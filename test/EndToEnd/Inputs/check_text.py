"""Compares what espresso-run writes with expected texts.

usage: check_text.py ESPRESSO_RUN BUNDLE EXPECTED.jsonl

A line of EXPECTED is {"prompt", "n", "stdout"}: greedy text of n positions after
the first, as llama2.c's run prints it. Fails at the first prompt that differs.
"""

import json
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def main():
    tool, bundle, expected = sys.argv[1:]
    cases = [json.loads(line) for line in open(expected, encoding="utf-8")]
    for case in cases:
        prompt = ["-p", case["prompt"]]
        ids = run(tool, bundle, *prompt, "-n", "0", "--ids").split()
        # n counts the prompt after its first token; -n counts new tokens only.
        new = case["n"] - (len(ids) - 1)
        text = run(tool, bundle, *prompt, "-n", str(new), "--temp", "0")
        if text.decode() != case["stdout"]:
            print("prompt  :", repr(case["prompt"]))
            print("expected:", repr(case["stdout"]))
            print("found   :", repr(text.decode()))
            return 1
    print(f"{len(cases)} texts equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
