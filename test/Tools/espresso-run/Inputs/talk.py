"""Runs a program on a terminal, types each line when it asks, prints what it said.

usage: talk.py LINE... -- PROGRAM ARGUMENT...
"""

import os
import pty
import sys

split = sys.argv.index("--")
lines, command = sys.argv[1:split], sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
said = b""
for line in lines:
    start = len(said)
    while b"> " not in said[start:]:
        said += os.read(terminal, 4096)
    os.write(terminal, line.encode() + b"\n")
try:
    while chunk := os.read(terminal, 4096):
        said += chunk
except OSError:
    pass  # the other end is closed
sys.stdout.write(said.decode().replace("\r\n", "\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
