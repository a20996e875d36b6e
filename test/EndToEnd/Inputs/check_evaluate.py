"""Compares the tokens that espresso-opt evaluates step by step with expected ones.

usage: check_evaluate.py ESPRESSO_OPT... PROGRAM EXPECTED.json

EXPECTED is as in check_logits.py. Prompts are given, what follows is fed back by
espresso-opt itself. Only texts whose two best logits are never closer than 1e-2
are compared.
"""

import json
import re
import subprocess
import sys

MIN_GAP = 1e-2
STEPS = 40


def evaluate(tool, program, prompt, steps):
    """The argmax of the logits of each step."""
    ids = "tensor<int32, [%d, 1]>([%s])" % (
        len(prompt), ", ".join("[%d]" % i for i in prompt))
    output = subprocess.run(
        [*tool, program, "--evaluate=decode", f"--steps={steps}",
         f"--input=ids={ids}", "--feed=ids=argmax(logits)",
         "--input=position=step", "--print=argmax"],
        check=True, capture_output=True, text=True).stdout
    return [int(x) for x in re.findall(r"logits = argmax (\d+)$", output, re.M)]


def main():
    *tool, program, expected = sys.argv[1:]
    cases = json.load(open(expected, encoding="utf-8"))
    compared = 0
    for case in cases["prompts"] if isinstance(cases, dict) else cases:
        if case["min_top2_logit_gap"] < MIN_GAP:
            continue
        greedy = case["greedy_64_ids" if "greedy_64_ids" in case else "greedy_ids"]
        prompt = case["prompt_ids"]
        steps = min(STEPS, len(greedy) - 1)
        found = evaluate(tool, program, prompt, steps)
        assert len(found) == steps, f"{len(found)} steps of {steps}"
        first = len(prompt) - 1
        if found[first:] != greedy[first + 1:steps + 1]:
            print(f"prompt {case['prompt']!r}:\nexpected {greedy[first + 1:]}\n"
                  f"found    {found[first:]}")
            return 1
        compared += steps - first
    print(f"{compared} tokens equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
