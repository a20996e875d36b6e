"""Writes a weight file with four halves, 1.5 the first: usage: make_blob.py FILE"""

import struct
import sys

data = struct.pack("<4e", 1.5, 2, 3, 4)
header = struct.pack("<II", 1, 2).ljust(64, b"\0")
descriptor = struct.pack("<IIQQ", 0xDEADBEEF, 1, len(data), 128).ljust(64, b"\0")
open(sys.argv[1], "wb").write(header + descriptor + data)
