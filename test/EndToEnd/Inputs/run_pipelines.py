"""Compiles a model by every pipeline that makes bundles, with its head at every
place, and compares tokens.

usage: run_pipelines.py COMPILER RUNNER MODEL PROMPT DIRECTORY
"""

import json
import pathlib
import shutil
import subprocess
import sys

# These leave models or programs as they are, or make programs without a host.
OTHERS = ["cleanup", "coreml-stateful", "lift", "lift-to-model", "optimize"]
# Besides all that have a name.
PIPELINES = [
    "bucket-prefill{lengths=5/9},ane",
    "split-at-rope{attention=host},place-head,lower-composites",
    "split-at-rope,place-head,pack-lanes{lanes=3},lower-composites",
    "split-at-rope{rope=graph},place-head,fuse-blocks,lower-composites,cleanup",
    "split-at-rope{attention=graph},place-head,lower-composites,cleanup",
    "split-at-rope{attention=graph,rope=graph},place-head,"
    "segment{max-bytes=700000},pad-to-minimum,lower-composites",
]
HEADS = ["auto", "ane", "ane-tiles=3", "cpu"]
TOKENS = "8"


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def generate(model, pipeline, head, prompts, directory):
    bundle = str(directory / "bundle.espresso")
    run([sys.argv[1], model, "--dtype=fp32", "--context=64", "-q",
         f"--pipeline={pipeline}", f"--head={head}", "-o", bundle])
    return [run([sys.argv[2], bundle, "-q", "--ids", "-n", TOKENS,
                 "-p", prompt]) for prompt in prompts]


def main():
    model, prompt = sys.argv[3], sys.argv[4]
    directory = pathlib.Path(sys.argv[5])
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    prompts = [prompt, (prompt + " and the dog ") * 5]
    expected = generate(model, "O0", "cpu", prompts, directory)
    opt = pathlib.Path(sys.argv[1]).with_name("espresso-opt")
    listed = json.loads(run([str(opt), "--list-passes=json"]))
    named = [pipeline["name"] for pipeline in listed["pipelines"]]
    if not set(OTHERS) < set(named):
        sys.exit(f"there are other pipelines now: {named}")
    for pipeline in sorted(set(named) - set(OTHERS)) + PIPELINES:
        for head in HEADS:
            if generate(model, pipeline, head, prompts, directory) != expected:
                sys.exit(f"'{pipeline}', head '{head}', gives other tokens")


main()
