"""Interrupts espresso-reduce while its command runs, and looks at what it leaves.

usage: interrupt.py DIRECTORY ESPRESSO_REDUCE PROGRAM
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

directory, tool, program = sys.argv[1:]
place = pathlib.Path(directory)
temporary = place / "tmp"
temporary.mkdir()
output = place / "out.mil"
command = place / "command.sh"
# Fails at once twice, then takes its time and says which process it is.
command.write_text(f"""#!/bin/sh
echo run >> {place}/runs
[ $(wc -l < {place}/runs) -le 2 ] && exit 1
echo $$ > {place}/pid
exec sleep 100
""")
command.chmod(0o755)
process = subprocess.Popen(
    [tool, program, "-o", output, "--", command],
    stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(temporary)})
while not (place / "pid").exists() or not (place / "pid").read_text().strip():
    assert process.poll() is None, "it has ended by itself"
    time.sleep(0.01)
process.send_signal(signal.SIGINT)
print("exit code", process.wait(timeout=60))
pid = int((place / "pid").read_text())
try:
    os.kill(pid, 0)
    print("the command still runs")
except ProcessLookupError:
    pass
text = output.read_text()
if text.startswith("program(") and len(text) < len(
        pathlib.Path(program).read_text()):
    print("the output is smaller and valid")
if not list(temporary.iterdir()):
    print("no directory is left")
