"""Runs tools of ours and of others that print JSON."""

import json
import pathlib
import statistics
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class ToolError(Exception):
    """A tool could not be started, failed, or printed something else."""


def run_text(command, **options):
    """What a command prints; what it says on stderr is shown if it fails."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False, **options)
    except OSError as error:
        raise ToolError(f"cannot run '{command[0]}': {error.strerror}") from error
    if done.returncode != 0:
        raise ToolError(f"'{' '.join(command)}' ended with exit code "
                        f"{done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def run_json(command, **options):
    """The same, as the value that the JSON stands for."""
    text = run_text(command, **options)
    try:
        return json.loads(text)
    except ValueError as error:
        raise ToolError(f"'{command[0]}' printed no JSON: {error}") from error


class Spread:
    """Several measurements of one thing: their median and extremes."""

    def __init__(self, samples):
        self.samples = list(samples)
        self.median = statistics.median(self.samples)
        self.low = min(self.samples)
        self.high = max(self.samples)

    def format(self, digits):
        return (f"{self.median:.{digits}f}",
                f"{self.low:.{digits}f}..{self.high:.{digits}f}")
