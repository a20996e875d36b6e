"""Writes a weight file of one fp16 tensor, whose record is at offset 64.

usage: make-blob.py FILE NUMBER...
"""

import pathlib
import struct
import sys

path, numbers = pathlib.Path(sys.argv[1]), [float(n) for n in sys.argv[2:]]
data = struct.pack(f"<{len(numbers)}e", *numbers)
header = struct.pack("<II56x", 1, 2)
record = struct.pack("<IIQQQ32x", 0xDEADBEEF, 1, len(data), 128, 0)
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(header + record + data)
