#!/usr/bin/env python3
"""Runs the lit suites of a build directory and counts.

usage: run-tests.py BUILD_DIR [LIT_ARGUMENT...]

Ends with "N passed, N failed, N skipped"; exits 1 if a test failed or none ran.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

PASSED = {"PASS", "XFAIL", "FLAKYPASS"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}
LIT_OF_DEBIAN = "/usr/lib/llvm-19/build/utils/lit/lit.py"


def find_lit():
    """The command that starts lit."""
    if pathlib.Path(LIT_OF_DEBIAN).exists():
        return [sys.executable, LIT_OF_DEBIAN]
    for name in ("lit", "llvm-lit-19", "llvm-lit"):
        if shutil.which(name):
            return [name]
    sys.exit("error: lit was not found; run utils/setup.sh")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "lit.json"
        command = find_lit() + ["-sv", "--output", str(report)]
        command += sys.argv[2:] + [str(build / "test")]
        subprocess.run(command, check=False)
        if not report.exists():
            sys.exit("error: lit wrote no report")
        codes = [t["code"] for t in json.loads(report.read_text())["tests"]]
    skipped = sum(code in SKIPPED for code in codes)
    passed = sum(code in PASSED for code in codes)
    failed = len(codes) - passed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
