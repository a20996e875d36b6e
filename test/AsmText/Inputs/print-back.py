"""Prints every .mil file of a directory and compares.

usage: print-back.py COMMAND... DIRECTORY
"""

import pathlib
import subprocess
import sys

*command, directory = sys.argv[1:]
files = sorted(pathlib.Path(directory).glob("*.mil"))
assert files, f"no .mil file in {directory}"
for path in files:
    printed = subprocess.run(command + ["--no-weights", str(path)], check=True,
                             stdout=subprocess.PIPE).stdout
    original = path.read_bytes()
    assert printed.rstrip(b"\n") == original.rstrip(b"\n"), path
    print(f"{path.name}: {len(original)} bytes")
