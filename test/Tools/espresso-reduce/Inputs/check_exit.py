"""Runs a command and holds it to its exit code; prints stdout, then stderr.

usage: check_exit.py CODE COMMAND...
"""

import subprocess
import sys

code, command = int(sys.argv[1]), sys.argv[2:]
result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
sys.stdout.buffer.write(result.stdout + result.stderr)
assert result.returncode == code, f"exit code {result.returncode}"
