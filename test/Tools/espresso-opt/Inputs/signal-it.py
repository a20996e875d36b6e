"""Sends a signal to a command that waits for its stdin.

usage: signal-it.py SIGNAL CODE COMMAND...
"""

import signal
import subprocess
import sys

name, code, *command = sys.argv[1:]
process = subprocess.Popen(command, stdin=subprocess.PIPE)
# More than a pipe holds: once it is written, the command is reading.
process.stdin.write(b" " * (1 << 20))
process.stdin.flush()
process.send_signal(getattr(signal, "SIG" + name))
try:
    result = process.wait(timeout=60)
finally:
    process.kill()
assert result == int(code), f"exit code {result}"
