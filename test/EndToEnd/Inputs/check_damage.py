"""Damages a file and checks that a tool refuses it in an orderly way.

usage: check_damage.py MODE FILE COUNT [OPTION...] -- COMMAND...

MODE is "truncate" or "corrupt". For COUNT places spread over FILE, and for every
place in its first bytes, a copy is cut off there, or has that byte inverted;
COMMAND runs with '@' replaced by the copy ('@OUT' by a path to write to). It must
end by itself, with exit code 3 and an error on stderr; a corrupted file may also
be accepted (code 0), for not every byte of a format is checked by it.

  --codes=N,...  the exit codes that are allowed instead
  --first=N      damage each of the first N bytes (default 64)
  --in=DIR       FILE is a path in DIR, of which '@' is a copy as a whole
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 60


def parse_arguments():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["truncate", "corrupt"])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--codes")
    parser.add_argument("--first", type=int, default=64)
    parser.add_argument("--in", dest="directory", type=pathlib.Path)
    arguments = parser.parse_args(sys.argv[1:split])
    if not arguments.codes:
        arguments.codes = "3" if arguments.mode == "truncate" else "0,3"
    arguments.codes = {int(code) for code in arguments.codes.split(",")}
    return arguments, sys.argv[split + 1:]


def places(size, count, first):
    spread = {i * (size - 1) // max(1, count - 1) for i in range(count)}
    return sorted(spread | set(range(min(size, first))))


def damage(data, place, mode):
    if mode == "truncate":
        return data[:place]
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1:]


def make_copy(arguments, scratch):
    """What the command is given, and the file in it that is damaged."""
    if not arguments.directory:
        copy = scratch / arguments.file.name
        return copy, copy
    copy = scratch / arguments.directory.name
    shutil.copytree(arguments.directory, copy, copy_function=os.link)
    damaged = copy / arguments.file
    damaged.unlink()  # it was a link to the original
    return copy, damaged


def check(result, out, codes):
    """What is wrong with the end of a run, or nothing."""
    if result.returncode not in codes:
        return f"exit code {result.returncode}\n{result.stderr[-2000:]}"
    if result.returncode != 0 and "error:" not in result.stderr:
        return "no error was printed"
    if out.exists():
        if result.returncode != 0:
            return "left an output behind"
        shutil.rmtree(out)
    return None


def main():
    arguments, command = parse_arguments()
    original = arguments.file
    if arguments.directory:
        original = arguments.directory / original
    data = original.read_bytes()
    refused = 0
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        copy, damaged = make_copy(arguments, pathlib.Path(scratch))
        out = pathlib.Path(scratch) / "out"
        chosen = places(len(data), arguments.count, arguments.first)
        for place in chosen:
            damaged.write_bytes(damage(data, place, arguments.mode))
            words = [w.replace("@OUT", str(out)).replace("@", str(copy))
                     for w in command]
            result = subprocess.run(words, capture_output=True, text=True,
                                    errors="replace", check=False,
                                    timeout=TIMEOUT_SECONDS)
            wrong = check(result, out, arguments.codes)
            if wrong:
                print(f"{arguments.mode} {original.name} at byte {place}: "
                      f"{wrong}")
                return 1
            refused += result.returncode != 0
    print(f"{arguments.mode} {original.name}: {len(chosen)} places, "
          f"{refused} refused")
    return 0 if refused else 1


if __name__ == "__main__":
    sys.exit(main())
