"""Damages a file and checks that a tool refuses it in an orderly way.

usage: check_damage.py MODE FILE COUNT -- COMMAND...

MODE is "truncate" or "corrupt". For COUNT places spread over FILE, and for every
place in its first 64 bytes, a copy is cut off there, or has that byte inverted;
COMMAND runs with '@' replaced by the copy ('@OUT' by a path to write to). It must
end by itself, with exit code 3 and an error on stderr; a corrupted file may also
be accepted (code 0), for not every byte of a format is checked by it.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 60
ALWAYS_FIRST_BYTES = 64


def places(size, count):
    spread = {i * (size - 1) // max(1, count - 1) for i in range(count)}
    return sorted(spread | set(range(min(size, ALWAYS_FIRST_BYTES))))


def damage(data, place, mode):
    if mode == "truncate":
        return data[:place]
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1:]


def main():
    mode, name, count = sys.argv[1:4]
    command = sys.argv[5:]
    original = pathlib.Path(name)
    data = original.read_bytes()
    allowed = {3} if mode == "truncate" else {0, 3}
    refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / original.name
        out = pathlib.Path(scratch) / "out"
        chosen = places(len(data), int(count))
        for place in chosen:
            copy.write_bytes(damage(data, place, mode))
            words = [w.replace("@OUT", str(out)).replace("@", str(copy))
                     for w in command]
            result = subprocess.run(words, capture_output=True, text=True,
                                    timeout=TIMEOUT_SECONDS, check=False)
            if result.returncode not in allowed:
                print(f"{mode} at byte {place}: exit code {result.returncode}")
                print(result.stderr[-2000:])
                return 1
            if result.returncode == 3:
                refused += 1
                if "error:" not in result.stderr:
                    print(f"{mode} at byte {place}: no error was printed")
                    return 1
            if out.exists():
                if result.returncode != 0:
                    print(f"{mode} at byte {place}: left an output behind")
                    return 1
                shutil.rmtree(out)
    print(f"{mode}: {len(chosen)} places, {refused} refused")
    return 0 if refused else 1


if __name__ == "__main__":
    sys.exit(main())
