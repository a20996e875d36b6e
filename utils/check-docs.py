#!/usr/bin/env python3
"""Checks the documents: links lead somewhere, named files exist, no path of one
machine stands anywhere.

usage: check-docs.py [ROOT]
"""

import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED_FILE = re.compile(
    r"`((?:docs|lib|include|utils|test|tools)/[A-Za-z0-9_./-]+\.[a-z]+)`")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:home|root|work|tmp|Users)/\w+")
# Tests name temporary files; these may.
PATHS_ALLOWED = re.compile(r"mktemp|TMPDIR|XDG_")


def check_markdown(root, path):
    text = path.read_text()
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        if not (path.parent / target).exists():
            yield f"{path}: link to '{target}' leads nowhere"
    for name in NAMED_FILE.findall(text):
        if not (root / name).exists():
            yield f"{path}: names '{name}', which does not exist"


def check_machine_paths(root, names):
    for name in names:
        path = root / name
        if path.suffix in (".gguf", ".bin") or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line) and not PATHS_ALLOWED.search(line):
                yield f"{name}:{number}: path of one machine: {line.strip()}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    names = subprocess.run(["git", "-C", str(root), "ls-files"], check=True,
                           capture_output=True, text=True).stdout.split()
    problems = list(check_machine_paths(
        root, [n for n in names if n != "utils/check-docs.py"]))
    for name in names:
        if name.endswith(".md"):
            problems += check_markdown(root, root / name)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
