"""Interrupts a command once it has said [matvec], and checks that it ends in order
and that FILE and its folder are as before.

usage: interrupt.py FILE COMMAND...
"""

import pathlib
import signal
import subprocess
import sys

path = pathlib.Path(sys.argv[1])
before = path.read_bytes(), sorted(path.parent.iterdir())
process = subprocess.Popen(sys.argv[2:], stderr=subprocess.PIPE, text=True)
said = ""
for line in process.stderr:
    said += line
    if "fake_sleeper" in line:  # the command that runs now
        process.send_signal(signal.SIGTERM)
assert process.wait() == 1, process.returncode
assert "interrupted; nothing was written" in said, said
assert (path.read_bytes(), sorted(path.parent.iterdir())) == before
