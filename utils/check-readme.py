#!/usr/bin/env python3
"""Runs the console examples of README.md and compares what they print.

usage: check-readme.py [BUILD_DIR]

In a ```console block, a line "$ command" is run by bash in the project's root with
the built tools on PATH; the lines up to the next command are what it must print,
stderr included, a line "..." standing for any number of lines. A here-document ends
at END. Examples leave nothing behind: the current directory is a scratch one with
links to the project's folders.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)


def read_examples(text):
    """Pairs of a command and the text expected of it."""
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            if command.endswith("<<'END'"):
                text, _, expected = expected.partition("\nEND\n")
                command = f"{command}\n{text}\nEND"
            yield command, expected


def matches(expected, found):
    pieces = [re.escape(line) for line in expected.strip().splitlines()]
    pattern = "\n".join(pieces).replace(re.escape("..."), r"(?:.*\n?)*?.*")
    return re.fullmatch(pattern, found.strip()) is not None


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    build = root / (sys.argv[1] if len(sys.argv) > 1 else "build/release")
    env = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}",
               NO_COLOR="1")
    failures = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for entry in ("test", "docs", "utils"):
            os.symlink(root / entry, pathlib.Path(scratch) / entry)
        for command, expected in read_examples((root / "README.md").read_text()):
            if command.startswith(("git ", "utils/", "cd ")):
                continue
            count += 1
            result = subprocess.run(["bash", "-c", command], cwd=scratch, env=env,
                                    stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.STDOUT, check=False)
            if not matches(expected, result.stdout):
                failures += 1
                print(f"$ {command}\nexpected:\n{expected}\nfound:\n"
                      f"{result.stdout}(exit code {result.returncode})")
    if count == 0:
        print("README.md has no console example")
    return 1 if failures or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
