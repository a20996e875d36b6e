"""Runs a command with a full stdout and holds it to exit code 5."""

import subprocess
import sys

with open("/dev/full", "wb") as full:
    code = subprocess.run(sys.argv[1:], stdout=full).returncode
assert code == 5, f"exit code {code}"
