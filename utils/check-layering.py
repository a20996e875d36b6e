#!/usr/bin/env python3
"""Checks that layers include only what docs/Architecture.md allows.

usage: check-layering.py [ROOT]

Prints each include that breaks the table as file:line, exits 1 if there is any.
"""

import pathlib
import re
import sys

# A layer and what it may include besides itself. Lists are complete: nothing is
# inherited. A layer that is a part of another's directory stands by itself.
COMPILER_BASE = ["Base", "Support", "IR"]
ALLOWED = {
    "Base": [],
    "Plan": ["Base"],
    "Kernels": ["Base"],
    "Text": ["Base"],
    "Runtime": ["Base", "Plan", "Kernels", "Text"],
    "Support": ["Base"],
    "Target/ANE": ["Base", "Support"],
    "IR": ["Base", "Support"],
    "Ops": COMPILER_BASE + ["AsmText"],
    "AsmText": COMPILER_BASE,
    "Weights": COMPILER_BASE,
    "Proto": COMPILER_BASE + ["AsmText", "Weights"],
    "Eval": COMPILER_BASE + ["Ops", "Weights"],
    "Analysis": COMPILER_BASE + ["Target/ANE", "Ops", "AsmText", "Weights",
                                 "Eval"],
    "Pass": COMPILER_BASE + ["Ops", "AsmText", "Eval", "Analysis"],
    "Model": COMPILER_BASE + ["Ops", "Weights"],
    "Frontend": COMPILER_BASE + ["Weights", "Model", "Text"],
    "Transforms": COMPILER_BASE + ["Target/ANE", "Ops", "Weights", "Eval",
                                   "Analysis", "Pass"],
    "Reduce": COMPILER_BASE + ["Ops"],
    "Target": COMPILER_BASE + ["Target/ANE", "Ops", "Weights", "Model", "Plan"],
    "Export": COMPILER_BASE + ["Target/ANE", "Ops", "AsmText", "Weights",
                               "Model", "Target", "Plan"],
    "Compiler": COMPILER_BASE + ["Target/ANE", "Ops", "AsmText", "Weights",
                                 "Model", "Pass", "Frontend", "Transforms",
                                 "Target", "Export"],
    "Tools": COMPILER_BASE + ["Target/ANE", "Ops", "AsmText", "Weights", "Model",
                              "Pass", "Frontend", "Transforms", "Target",
                              "Export", "Compiler", "Eval", "Proto", "Analysis",
                              "Reduce"],
}

# Headers of libraries, and the only layers that may see them.
LLVM_FREE = {"Base", "Plan", "Kernels", "Text", "Runtime"}
EXTERNAL = [
    (re.compile(r"^llvm/Support/CommandLine\.h$"), {"Tools"}),
    (re.compile(r"^llvm/"), set(ALLOWED) - LLVM_FREE),
    (re.compile(r"^google/protobuf/|\.pb\.h$"),
     {"Plan", "Runtime", "Target", "Export", "Proto"}),
    (re.compile(r"^hwy/"), {"Kernels"}),
    (re.compile(r"^zip\.h$"), {"Eval"}),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
OURS = re.compile(r"^espresso/(.+)$")


def get_layer(path):
    """The layer of a file, relative to the top: the longest that is known."""
    parts = path.split("/")[:-1]
    for count in range(len(parts), 0, -1):
        if "/".join(parts[:count]) in ALLOWED:
            return "/".join(parts[:count])
    return parts[0] if parts else path


def check_include(layer, header):
    """A sentence saying what is wrong, or None."""
    ours = OURS.match(header)
    other = ours and get_layer(ours.group(1))
    if ours and other != layer and other not in ALLOWED[layer]:
        return f"{layer} may not include {other}"
    for pattern, layers in EXTERNAL:
        if pattern.search(header):
            return None if layer in layers else f"{layer} may not include it"
    return None


def check_file(path, layer):
    problems = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = INCLUDE.match(line)
        problem = include and check_include(layer, include.group(1))
        if problem:
            problems.append(f"{path}:{number}: '{include.group(1)}': {problem}")
    return problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems, files = [], 0
    for top in (root / "include" / "espresso", root / "lib"):
        for path in sorted(top.rglob("*")):
            if path.suffix not in (".h", ".cpp", ".inc"):
                continue
            layer = get_layer(path.relative_to(top).as_posix())
            files += 1
            if layer not in ALLOWED:
                problems.append(f"{path}: unknown layer '{layer}'")
                continue
            problems += check_file(path, layer)
    print("\n".join(problems), end="\n" if problems else "")
    if files == 0:
        print("no sources found")
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
