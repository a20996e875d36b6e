"""Checks that a .npy file holds the numbers of a text file.

usage: check_npy.py FILE.npy FILE.txt
"""

import array
import ast
import sys

data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
length = int.from_bytes(data[8:10], "little")
header = ast.literal_eval(data[10:10 + length].decode())
assert (10 + length) % 64 == 0, length
values = array.array("f", data[10 + length:])
assert header == {"descr": "<f4", "fortran_order": False,
                  "shape": (len(values),)}, header
lines = array.array("f", map(float, open(sys.argv[2])))
assert values == lines, "the numbers differ"
