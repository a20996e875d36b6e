#!/usr/bin/env python3
"""Lists messages of diagnostics that no test expects.

usage: check-messages.py [--all] [LAYER...]
  --all    print every message with the number of tests that have it
  LAYER    a directory of lib/; by default those whose messages are all tested

A message is a statement that starts a diagnostic and streams text into it.
It counts as tested if its longest piece of fixed text stands in a file of test/.
A statement whose line, or the one before, says "untested: <reason>" is left out.
Exits 1 if a message has no test.
"""

import argparse
import pathlib
import re
import sys

# What begins a diagnostic. Each returns the diagnostic that text is streamed into.
STARTS = re.compile(
    r"\b(?:shapeError|valueError|typeError|emitError|emitWarning|emitRemark)\s*\(")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Layers without an untested message.
TESTED_LAYERS = ["AsmText", "Ops"]
# Fixed text shorter than this says too little to be looked for.
SHORTEST = 6


def get_statements(text):
    """Yields (line, statement) for each diagnostic of a source file."""
    for match in STARTS.finditer(text):
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start:match.start()].lstrip().startswith(("//", "///")):
            continue
        end = find_end(text, match.start())
        yield text.count("\n", 0, match.start()) + 1, text[match.start():end]


def find_end(text, start):
    """The place of the semicolon that ends the statement at `start`."""
    place, in_string = start, False
    while place < len(text):
        char = text[place]
        if in_string and char == "\\":
            place += 1
        elif char == '"':
            in_string = not in_string
        elif char == ";" and not in_string:
            return place
        place += 1
    return place


def get_fixed_texts(statement):
    """The pieces of fixed text of a statement, neighbouring literals joined."""
    pieces = []
    last_end = None
    streamed = statement.find("<<")
    if streamed < 0:
        return []
    for match in STRING.finditer(statement, streamed):
        between = "" if last_end is None else statement[last_end:match.start()]
        if last_end is not None and re.fullmatch(r"[\s<]*", between):
            pieces[-1] += match.group(1)
        else:
            pieces.append(match.group(1))
        last_end = match.end()
    return [piece.replace('\\"', '"').strip() for piece in pieces]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true",
                        help="print tested messages, too")
    parser.add_argument("layers", nargs="*", default=TESTED_LAYERS)
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent

    tests = [path.read_text(errors="replace")
             for path in sorted((root / "test").rglob("*"))
             if path.suffix in {".mil", ".test", ".cpp", ".h"}]
    # Literals of C++ tests run over lines.
    tests = [re.sub(r'"\s*\n\s*"', "", text) for text in tests]
    missing = total = 0
    sources = [path for layer in arguments.layers
               for path in sorted((root / "lib" / layer).rglob("*.cpp"))]
    for path in sources:
        text = path.read_text()
        lines = text.split("\n")
        for line, statement in get_statements(text):
            if any("untested:" in context for context in lines[max(0, line - 2):line]):
                continue
            fixed = max(get_fixed_texts(statement), key=len, default="")
            if len(fixed) < SHORTEST:
                continue
            total += 1
            count = sum(fixed in test for test in tests)
            missing += count == 0
            if count == 0 or arguments.all:
                print(f"{path.relative_to(root)}:{line}: {count}: {fixed}")
    print(f"{total} messages, {missing} without a test", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
