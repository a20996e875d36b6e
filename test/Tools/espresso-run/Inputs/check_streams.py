"""Expects of each line of JSON the text that the tool writes for it alone.

usage: check_streams.py FILE.jsonl TOOL BUNDLE [OPTION...]
"""

import json
import subprocess
import sys


def main():
    path, command = sys.argv[1], sys.argv[2:]
    with open(path, encoding="utf-8") as file:
        objects = [json.loads(line) for line in file]
    for number, found in enumerate(objects):
        assert found["index"] == number, found
        alone = subprocess.run(
            command + ["-p", found["prompt"], "--seed", str(found["seed"])],
            check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
        expected = found["prompt"] + found["text"] + "\n"
        if alone != expected:
            sys.exit(f"text {number}: {alone!r}, expected {expected!r}")
    print(len(objects), "texts equal")


if __name__ == "__main__":
    main()
