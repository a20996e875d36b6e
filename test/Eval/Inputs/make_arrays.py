"""Writes arrays as NumPy does, without NumPy, and files that only look like them.

usage: make_arrays.py DIRECTORY
"""

import pathlib
import struct
import sys
import zipfile


def npy(descr, shape, content, order="False", version=1):
    header = ("{'descr': %r, 'fortran_order': %s, 'shape': %s, }"
              % (descr, order, shape)).encode()
    prefix = 10 if version == 1 else 12
    header += b" " * (-(prefix + len(header) + 1) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + content


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


def main():
    place = pathlib.Path(sys.argv[1])
    put = lambda name, content: (place / name).write_bytes(content)
    one = npy("<f4", "(2, 3)", floats(1, 2, 3, 4, 5, 6))
    put("x.npy", one)
    put("fortran.npy", npy("<f4", "(2, 3)", floats(1, 4, 2, 5, 3, 6), "True"))
    put("big-endian.npy", npy(">f4", "(2, 3)", struct.pack(">6f", *range(1, 7))))
    put("half.npy", npy("<f2", "(2, 3)", struct.pack("<6e", *range(1, 7)),
                        version=2))
    put("long.npy", npy("<i8", "(2, 3)", struct.pack("<6q", *range(1, 7))))
    put("x.raw", floats(1, 2, 3, 4, 5, 6))
    put("steps.npy", npy("<f4", "(2, 2, 3)", floats(*range(1, 13))))
    for name, kind in (("x.npz", zipfile.ZIP_STORED),
                       ("deflated.npz", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(place / name, "w", kind) as archive:
            archive.writestr("x.npy", one)

    # What must be refused.
    put("short.npy", one[:-1])
    put("long-by-one.npy", one + b"\0")
    put("header.npy", one[:20])
    put("huge.npy", npy("<f4", "(1099511627776, 1099511627776)", b""))
    put("negative.npy", npy("<f4", "(-2, 3)", b""))
    put("object.npy", npy("|O", "(1,)", b"\0" * 8))
    put("structured.npy", npy([("a", "<f4")], "(1,)", b"\0" * 4))
    put("text.npy", b"these are not numbers")
    put("shape.npy", npy("<f4", "(3, 2)", floats(1, 2, 3, 4, 5, 6)))
    put("bad.npz", (place / "x.npz").read_bytes()[:-30])
    with zipfile.ZipFile(place / "foreign.npz", "w") as archive:
        archive.writestr("x.txt", b"x")
    with zipfile.ZipFile(place / "unknown.npz", "w") as archive:
        archive.writestr("nobody.npy", one)


if __name__ == "__main__":
    main()
