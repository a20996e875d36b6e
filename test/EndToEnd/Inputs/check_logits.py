"""Compares logits and greedy ids of espresso-run with a float64 reference.

usage: check_logits.py ESPRESSO_RUN BUNDLE EXPECTED.json TOLERANCE GAP

EXPECTED is a list, or an object with a list "prompts", of {"prompt", "prompt_ids",
"greedy_ids" or "greedy_64_ids", "logits_after_prompt", "min_top2_logit_gap"}. Logits
after the prompt must agree within TOLERANCE; ids must agree if the smallest gap
between the two best logits exceeds GAP. Where "ended_with_eos" is true the last id
ends the text, which espresso-run does not print.
"""

import json
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def check(case, tool, bundle, tolerance, gap):
    """A sentence saying what is wrong, or None."""
    prompt = ["-p", case["prompt"]]
    logits = [float(x) for x in run(tool, bundle, *prompt, "-n", "0",
                                    "--logits", "-", "-q").split()]
    expected = case["logits_after_prompt"]
    if len(logits) != len(expected):
        return f"expected {len(expected)} logits, found {len(logits)}"
    worst = max(abs(a - b) for a, b in zip(logits, expected))
    print(f"{case['prompt']!r}: largest difference of a logit {worst:.2e}")
    if not worst <= tolerance:
        return f"logits differ by {worst}, more than {tolerance}"
    if case["min_top2_logit_gap"] <= gap:
        return None
    greedy = case["greedy_64_ids"] if "greedy_64_ids" in case else case["greedy_ids"]
    new = len(greedy) - len(case["prompt_ids"])
    if case.get("ended_with_eos"):
        greedy = greedy[:-1]
    ids = [int(x) for x in run(tool, bundle, *prompt, "-n", str(new), "--temp",
                               "0", "--ids").split()]
    if ids != greedy:
        return f"ids differ: expected {greedy}, found {ids}"
    return None


def main():
    tool, bundle, expected, tolerance, gap = sys.argv[1:]
    cases = json.load(open(expected, encoding="utf-8"))
    for case in cases["prompts"] if isinstance(cases, dict) else cases:
        problem = check(case, tool, bundle, float(tolerance), float(gap))
        if problem:
            print(f"prompt {case['prompt']!r}: {problem}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
