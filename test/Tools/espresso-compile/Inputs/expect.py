"""Runs a command and checks its exit code, which lit's shell cannot do.

usage: expect.py CODE COMMAND...
"""

import subprocess
import sys

expected = int(sys.argv[1])
code = subprocess.run(sys.argv[2:], check=False).returncode
if code != expected:
    sys.exit(f"expected exit code {expected}, found {code}")
