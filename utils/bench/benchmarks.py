#!/usr/bin/env python3
"""Measures what Espresso is held to, and writes docs/benchmarks.md.

usage: benchmarks.py [options]

Every line is the median of a ratio over rounds, in each of which what is measured and
its limit run one right after the other in one process. Models have real shapes and
made-up weights; they are compiled to the cache of espresso-run once, which takes 8 GB.
All of it takes about a quarter of an hour on two cores.

The document is written whole, when everything has been measured; a run that is
interrupted, or that measures a part of it (--sections, --models, --quick), leaves it alone and
prints to stdout unless -o names a file.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap

import benchmark_sections as sections
import machine
from toolrun import SOURCE, ToolError

DOCUMENT = SOURCE / "docs/benchmarks.md"
SMALL_MODEL = SOURCE / "test/models/fable.gguf"
TOOLS = ["espresso-run", "espresso-compile", "espresso-kernel-bench"]
# A title, what the numbers are, and who measures them.
SECTIONS = {
    "matvec": ("Products of one column",
               "Reading the same weights, over a product of fp16 weights with a vector "
               "and the arg-max of the result.",
               sections.measure_matvec),
    "products": ("Products of many columns",
                 "The time of a product with weights of float32, packed, over that with "
                 "weights of fp16.",
                 sections.measure_products),
    "head": ("The screened head",
             "The time of the full fp16 head over that of the screened one, both with "
             "their arg-max; then trials whether both choose the same.",
             sections.measure_head),
    "decode": ("Generation",
               "The time to read weights and caches at the read bandwidth measured "
               "beside it, over the time a token takes; fp16.",
               sections.measure_decode),
    "prefill": ("Prompts",
                "The time for all multiplications and additions at the float32 peak "
                "measured beside it, over the time the prompt takes; fp16 weights.",
                sections.measure_prefill),
    "streams": ("Many streams", "Generation of several texts together.",
                sections.measure_streams),
    "busy-core": ("A busy core",
                  "Generation while another process keeps one core busy.",
                  sections.measure_busy_core),
    "cold": ("The first token",
             "From the start of a process to its first token, for a prompt of 16 "
             "tokens, without checking digests.",
             sections.measure_cold),
}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="Sections: " + ", ".join(SECTIONS) + ".")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR",
                        default=SOURCE / "build/release")
    parser.add_argument("--sections", metavar="LIST", default=",".join(SECTIONS))
    parser.add_argument("--models", metavar="LIST",
                        default=",".join(sections.MODELS),
                        help="the only models to run, of "
                        + ", ".join(sections.MODELS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--head-trials", type=int, default=2000, metavar="N",
                        help="trials of a head of 128,256 rows, of which 100,000 take "
                        "a quarter of an hour (default 2000; 100,000 of 8,192 rows "
                        "always run)")
    parser.add_argument("--quick", action="store_true",
                        help="the small model of the tests and few tokens: shows "
                        "that everything runs, and measures nothing")
    parser.add_argument("--model", type=pathlib.Path, default=SMALL_MODEL,
                        help="of --quick")
    parser.add_argument("--espresso-run", type=pathlib.Path, metavar="PATH",
                        help="default: that of the build directory")
    parser.add_argument("--kernel-bench", type=pathlib.Path, metavar="PATH",
                        help="the same for espresso-kernel-bench")
    parser.add_argument("--no-build", action="store_true",
                        help="take the tools as they are")
    parser.add_argument("-o", "--output", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.sections = arguments.sections.split(",")
    arguments.models = arguments.models.split(",")
    for option, wanted, there in (
            ("--sections", arguments.sections, list(SECTIONS)),
            ("--models", arguments.models, sections.MODELS)):
        for name in wanted:
            if name not in there:
                parser.error(f"{option}: there is no '{name}'; there are "
                             + ", ".join(there))
    if arguments.rounds < 1 or arguments.head_trials < 1:
        parser.error("--rounds, --head-trials: expected at least 1")
    is_whole = (not arguments.quick and arguments.sections == list(SECTIONS)
                and arguments.models == sections.MODELS)
    if arguments.output is None and is_whole:
        arguments.output = DOCUMENT
    return arguments


def build_tools(build):
    """What is measured is what the sources say."""
    done = subprocess.run(["cmake", "--build", build, "--target", *TOOLS],
                          stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise ToolError(f"'{build}' does not build; see docs/Testing.md")


def measure(arguments):
    """Sections by name: what was measured, or the error."""
    def say(text):
        print(text, file=sys.stderr, flush=True)

    kernel_bench = (arguments.kernel_bench
                    or arguments.build / "bin/espresso-kernel-bench")
    settings = sections.Settings(
        espresso_run=arguments.espresso_run or arguments.build / "bin/espresso-run",
        rounds=arguments.rounds,
        quick=arguments.model if arguments.quick else None,
        only_models=arguments.models,
        kernel_bench=kernel_bench, head_trials=arguments.head_trials, say=say)
    results = {}
    for name in arguments.sections:
        say(f"[{name}]")
        try:
            results[name] = SECTIONS[name][2](settings)
        except ToolError as error:
            say(f"benchmarks.py: error: {error}")
            results[name] = error
    return results


# ---------------------------------------------------------------------------
# The document
# ---------------------------------------------------------------------------

def wrap(text):
    return textwrap.fill(text, 90, break_on_hyphens=False, break_long_words=False)


def format_line(line):
    if line.spread is None:
        return [line.what, "", "not measured", "", line.note]
    digits = 3 if line.unit == "s" else 2
    median, spread = line.spread.format(digits)
    unit = f" {line.unit}" if line.unit else ""
    target = f"at least {line.target:g}" if line.target is not None else "reported"
    met = "" if line.target is None else "met" if line.is_met() else "not met"
    return [line.what, target, median + unit, spread, ", ".join(
        filter(None, [met, line.note]))]


def format_table(rows):
    return ["| " + " | ".join(row) + " |" for row in rows]


def format_section(name, result):
    title, meaning, _ = SECTIONS[name]
    text = ["", f"## {title}", "", wrap(meaning), ""]
    if isinstance(result, Exception):
        return text + ["Not measured: " + str(result).replace("\n", " ")]
    text += format_table([["", "target", "median", "min..max", ""],
                          ["---"] * 5, *map(format_line, result.lines)])
    if result.remarks:
        text += [""] + [f"- {remark}" for remark in result.remarks]
    return text + ["", "```", *result.commands, "```"]


def format_document(arguments, results, usage):
    rounds = arguments.rounds
    sentence, is_busy = usage.describe()
    text = ["# Benchmarks", "",
            wrap("Written by `utils/bench/benchmarks.py`, which measures all of it "
                 "again: do not edit. What the numbers mean: [Measuring](Measuring.md). "
                 f"Medians of {rounds} round{'s' if rounds != 1 else ''} with the "
                 "least and the most; ratios are taken within a round. Nothing here "
                 "ran on a Neural Engine: programs ran in their CPU form."), "",
            *format_table([["machine", ""], ["---", "---"],
                           *machine.describe(SOURCE, arguments.build),
                           ("use", sentence)])]
    warnings = []
    if is_busy:
        warnings.append("The machine was busy: these numbers say little.")
    if arguments.quick:
        warnings.append("A smoke run: a small model and few tokens, which show that "
                        "everything runs, and nothing else.")
    if rounds < 5:
        warnings.append("Fewer than five rounds.")
    if not arguments.quick and arguments.models != sections.MODELS:
        warnings.append("Of the models only: " + ", ".join(arguments.models) + ".")
    missing = [name for name in SECTIONS if name not in results]
    if missing:
        warnings.append("Not run: " + ", ".join(missing) + ".")
    for warning in warnings:
        text += ["", f"**{warning}**"]
    held = [line for result in results.values() if not isinstance(result, Exception)
            for line in result.lines if line.target is not None]
    text += ["", f"Of {len(held)} targets {sum(line.is_met() for line in held)} are "
             "met."]
    for name, result in results.items():
        text += format_section(name, result)
    return "\n".join(text) + "\n"


def write(path, text):
    """Aside first, so that the old document stays until the new one is there."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False,
                                     prefix=path.name + ".") as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if not arguments.no_build:
            build_tools(arguments.build)
        usage = machine.Usage()
        results = measure(arguments)
    except ToolError as error:
        sys.exit(f"benchmarks.py: error: {error}")
    except KeyboardInterrupt:
        sys.exit("benchmarks.py: interrupted; nothing was written")
    failed = [name for name, result in results.items()
              if isinstance(result, Exception)]
    text = format_document(arguments, results, usage)
    if failed and arguments.output == DOCUMENT:
        # What could not be measured must not replace what was.
        print(text, end="")
        sys.exit("benchmarks.py: error: not measured: " + ", ".join(failed)
                 + f"; {DOCUMENT.name} stays as it was")
    if arguments.output is None:
        print(text, end="")
    else:
        write(arguments.output, text)
    if failed:
        sys.exit("benchmarks.py: error: not measured: " + ", ".join(failed))


if __name__ == "__main__":
    main()
