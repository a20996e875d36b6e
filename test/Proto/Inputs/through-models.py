"""Sends every .mil file of a directory through a model and compares.

usage: through-models.py SCRATCH COMMAND... DIRECTORY
"""

import pathlib
import subprocess
import sys

scratch, *command, directory = sys.argv[1:]
model = pathlib.Path(scratch).with_suffix(".mlmodel")
files = sorted(pathlib.Path(directory).glob("*.mil"))
assert files, f"no .mil file in {directory}"
for path in files:
    subprocess.run(command + ["--no-weights", str(path), "-o", str(model)],
                   check=True)
    printed = subprocess.run(command + ["--no-weights", str(model)], check=True,
                             stdout=subprocess.PIPE).stdout
    original = path.read_bytes()
    assert printed.rstrip(b"\n") == original.rstrip(b"\n"), path
    print(f"{path.name}: {len(original)} bytes")
