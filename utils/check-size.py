#!/usr/bin/env python3
"""Checks that source files stay small enough to hold in the head.

usage: check-size.py [ROOT]

A file may have LIMIT lines; a longer one must say why in a line
"size-exception: <reason>". Exits 1 if one does not.
"""

import pathlib
import subprocess
import sys

LIMIT = 400
SUFFIXES = {".cpp", ".h", ".td", ".py", ".proto", ".sh", ".cmake"}


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    names = subprocess.run(["git", "-C", str(root), "ls-files"], check=True,
                           capture_output=True, text=True).stdout.split("\n")
    too_long = []
    for name in names:
        path = root / name
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > LIMIT and "size-exception:" not in text:
            too_long.append(f"{name}: {lines} lines, more than {LIMIT}")
    print("\n".join(too_long), end="\n" if too_long else "")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
