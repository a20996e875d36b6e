"""Runs a command and holds it to its exit code and to an empty stdout.

usage: exits.py CODE COMMAND...
"""

import subprocess
import sys

code, *command = sys.argv[1:]
result = subprocess.run(command, stdout=subprocess.PIPE,
                        stdin=subprocess.DEVNULL)
assert result.returncode == int(code), f"exit code {result.returncode}"
assert not result.stdout, result.stdout
