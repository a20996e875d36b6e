"""Writes a package of large weights and holds the tool to its memory.

usage: flat-memory.py SCRATCH COMMAND...
"""

import pathlib
import resource
import struct
import subprocess
import sys

scratch, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
TENSORS, SIDE, LIMIT_MIB = 4, 4096, 100
SIZE = SIDE * SIDE * 2

(scratch / "weights").mkdir(parents=True)
lines = []
with open(scratch / "weights" / "weight.bin", "wb") as file:
    file.write(struct.pack("<II56x", TENSORS, 2))
    for index in range(TENSORS):
        offset = 64 + index * (64 + SIZE)
        file.seek(offset)
        file.write(struct.pack("<IIQQQ32x", 0xDEADBEEF, 1, SIZE, offset + 64, 0))
        kind = f"tensor<fp16, [{SIDE}, {SIDE}]>"
        lines += [
            f"{kind} w{index} = const()[val = {kind}(BLOBFILE(path = "
            f'string("@model_path/weights/weight.bin"), offset = uint64({offset})))];',
            f"tensor<fp16, [1, {SIDE}]> x{index + 1} = "
            f"linear(weight = w{index}, x = x{index});",
        ]
    # The rest of the last tensor is zeros that take no space on the disk.
    file.truncate(64 + TENSORS * (64 + SIZE))
text = "\n".join(lines)
(scratch / "model.mil").write_text(
    f"program(1.3)\n{{\nfunc main<ios18>(tensor<fp16, [1, {SIDE}]> x0) {{\n"
    f"{text}\n}} -> (x{TENSORS});\n}}\n"
)
package = scratch / "m.mlpackage"
subprocess.run(command + [str(scratch / "model.mil"), "-o", str(package)], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
written = package / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
assert written.stat().st_size == 64 + TENSORS * (64 + SIZE)
print(f"{TENSORS * SIZE >> 20} MiB of weights, {used} MiB of memory")
assert used < LIMIT_MIB, f"more than {LIMIT_MIB} MiB"
