"""Compares a stateful Core ML package with a bundle of the same model.

usage: run_package.py COMPILER RUNNER MODEL PROMPT DIRECTORY OPT...

The package must verify strictly, and its prefill choose the token that the
bundle chooses.
"""

import pathlib
import re
import shutil
import subprocess
import sys

LENGTH = 16


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def main():
    compiler, runner, model, prompt = sys.argv[1:5]
    directory = pathlib.Path(sys.argv[5])
    opt = sys.argv[6:]
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    package = str(directory / "model.mlpackage")
    bundle = str(directory / "model.espresso")
    common = [compiler, model, "-q", "--context=64", f"--prefill={LENGTH}"]
    run(common + ["--emit=mlpackage", "-o", package])
    run(common + ["--dtype=fp32", "-o", bundle])
    *ids, expected = map(int, run([runner, bundle, "-q", "--ids", "-n", "1",
                                   "-p", prompt]).split())
    padded = ids + [0] * (LENGTH - len(ids))
    text = run(opt + [package, "--strict", "--evaluate=prefill",
                f"--input=ids=tensor<int32, [{LENGTH}]>({padded})",
                f"--input=last=tensor<int32, [1]>([{len(ids) - 1}])"])
    numbers = text[text.index("(["):]
    logits = [float.fromhex(number)
              for number in re.findall(r"-?0x[0-9a-fp.+-]+", numbers)]
    best = logits.index(max(logits))
    if best != expected:
        sys.exit(f"the package chooses {best}, the bundle {expected}")


main()
