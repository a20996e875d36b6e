"""Holds espresso-opt to exit code 3 and a message for arrays that are broken.

usage: refuse_arrays.py ESPRESSO_OPT... PROGRAM DIRECTORY

Prints "file: message" for each. Arrays cut off at any place are tried, too.
"""

import pathlib
import subprocess
import sys

BROKEN = ("short.npy long-by-one.npy header.npy huge.npy negative.npy object.npy "
          "structured.npy text.npy bad.npz foreign.npz").split()


def evaluate(command, path):
    source = (["--inputs", path] if path.suffix == ".npz"
              else ["--input", f"x=@{path}"])
    return subprocess.run([*command, "--evaluate", *source],
                          capture_output=True, text=True)


def main():
    *command, directory = sys.argv[1:]
    place = pathlib.Path(directory)
    for name in BROKEN:
        result = evaluate(command, place / name)
        assert result.returncode == 3, f"{name}: exit code {result.returncode}"
        print(f"{name}: {result.stderr.strip().split(chr(39) + ': ', 1)[1]}")
    whole = (place / "deflated.npz").read_bytes()
    cut = place / "cut.npz"
    for size in range(0, len(whole), 17):
        cut.write_bytes(whole[:size])
        code = evaluate(command, cut).returncode
        assert code == 3, f"cut at {size}: exit code {code}"


if __name__ == "__main__":
    main()
