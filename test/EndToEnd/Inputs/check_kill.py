"""Kills a compilation at many moments: the old bundle or the new one is there.

usage: check_kill.py ESPRESSO_COMPILE ESPRESSO_RUN MODEL COUNT

An old bundle is made with --dtype=fp32; then COUNT compilations with
--dtype=fp16 to the same place are killed, each a little later than the one
before. After each, the bundle must verify, and be one of the two, whole.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time


def compile_to(tool, model, out, dtype):
    return subprocess.Popen([tool, model, "-o", str(out), f"--dtype={dtype}"],
                            stderr=subprocess.DEVNULL)


def data_type(run, out):
    subprocess.run([run, str(out), "-p", "", "-n", "1"], check=True,
                   capture_output=True)
    return json.loads((out / "manifest.json").read_text())["model"]["data_type"]


def main():
    tool, run, model, count = sys.argv[1:]
    seen = set()
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "m.espresso"
        started = time.monotonic()
        if compile_to(tool, model, out, "fp32").wait() != 0:
            return 1
        whole = time.monotonic() - started
        for i in range(int(count)):
            child = compile_to(tool, model, out, "fp16")
            time.sleep(whole * 1.2 * i / int(count))
            child.kill()
            child.wait()
            found = data_type(run, out)
            seen.add(found)
            if found == "fp16":
                compile_to(tool, model, out, "fp32").wait()
        compile_to(tool, model, out, "fp32").wait()
        left = [p.name for p in pathlib.Path(scratch).iterdir()]
    if left != ["m.espresso"]:
        print("left behind:", left)
        return 1
    print("bundles seen after a kill:", sorted(seen))
    return 0 if "fp32" in seen else 1


if __name__ == "__main__":
    sys.exit(main())
