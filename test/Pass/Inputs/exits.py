"""Runs a command and holds it to its exit code; its stderr goes to stdout.

usage: exits.py CODE COMMAND...
"""

import subprocess
import sys

code, command = int(sys.argv[1]), sys.argv[2:]
result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
sys.stdout.buffer.write(result.stderr)
assert result.returncode == code, f"exit code {result.returncode}"
assert not result.stdout, "data was written in spite of the failure"
