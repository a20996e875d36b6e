"""Runs commands whose results go to the disk, and says what they took."""

import os
import shutil
import time
import typing


class Cost(typing.NamedTuple):
    seconds: float  # until the result is on the disk
    processor: float  # seconds of it, user and system
    memory: int  # bytes, at most


def run(command, result):
    """Removes `result`, a path, runs a command that makes it, and waits until it
    is on the disk."""
    if result.is_dir():
        shutil.rmtree(result)
    else:
        result.unlink(missing_ok=True)
    os.sync()
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"error: {command} failed")
    os.sync()
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * 1024)
