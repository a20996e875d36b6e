"""Runs a command; ends with 1 if it succeeds, and with 0 if it fails.

usage: invert.py COMMAND...
"""

import subprocess
import sys

sys.exit(subprocess.run(sys.argv[1:]).returncode == 0)
