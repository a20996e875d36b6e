"""What machine this is, and who else uses it."""

import os
import pathlib
import platform
import re
import resource
import subprocess

CPU = pathlib.Path("/sys/devices/system/cpu")
# More of the processors' time than this, used by others, disturbs a measurement.
MUCH_USED_BY_OTHERS = 0.05


def read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.partition("\n")[0].strip()


def get_processor():
    found = re.search(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.M)
    return (found.group(1) if found
            else first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
            or platform.processor() or "unknown")


def get_caches():
    """Each cache of the first core, with the cores that share it."""
    caches = []
    for index in sorted(CPU.glob("cpu0/cache/index*")):
        kind = read(index / "type")
        level, size = read(index / "level"), read(index / "size")
        if size:
            letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
            caches.append(f"L{level}{letter} {size} "
                          f"(cores {read(index / 'shared_cpu_list')})")
    return ", ".join(caches) or "unknown"


def get_memory():
    found = re.search(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"), re.M)
    size = (int(found.group(1)) * 1024 if found
            else int(first_line(["sysctl", "-n", "hw.memsize"]) or 0))
    return f"{size / 2**30:.1f} GiB" if size else "unknown"


def get_compiler(build):
    """The compiler and the kind of build, from the cache of CMake."""
    cache = read(build / "CMakeCache.txt")

    def entry(name):
        found = re.search(rf"^{name}:\w+=(.*)$", cache, re.M)
        return found.group(1) if found else ""

    compiler = entry("CMAKE_CXX_COMPILER")
    version = first_line([compiler, "--version"]) if compiler else ""
    return " ".join(filter(None, [version or "unknown", entry("CMAKE_BUILD_TYPE")]))


def get_revision(source):
    return first_line(["git", "-C", str(source), "describe", "--always", "--dirty"])


def describe(source, build):
    """Names and values, for a table."""
    return [("processor", get_processor()), ("cores", str(os.cpu_count())),
            ("caches", get_caches()), ("memory", get_memory()),
            ("system", f"{platform.system()}, {platform.machine()}"),
            ("compiler", get_compiler(build)),
            ("revision", get_revision(source) or "unknown")]


class Usage:
    """How much of the processors others use, from its creation on."""

    def __init__(self):
        self.load = os.getloadavg()[0]
        self.start = self._read()

    @staticmethod
    def _read():
        """Ticks: all, those not idle, and ours; nothing where there is no /proc."""
        line = read("/proc/stat").partition("\n")[0].split()[1:]
        if len(line) < 8:
            return None
        ticks = [int(word) for word in line[:8]]
        ours = 0.0
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            usage = resource.getrusage(who)
            ours += usage.ru_utime + usage.ru_stime
        idle = ticks[3] + ticks[4]
        return sum(ticks), sum(ticks) - idle, ours * os.sysconf("SC_CLK_TCK")

    def get_share_of_others(self):
        """Of the time of all processors since the creation, the part that neither
        this process nor those it has waited for had; None if it is unknown."""
        end = self._read()
        if self.start is None or end is None or end[0] == self.start[0]:
            return None
        total, busy, ours = (b - a for a, b in zip(self.start, end))
        return max(0.0, (busy - ours) / total)

    def describe(self):
        """A sentence, and whether the machine was busy."""
        share = self.get_share_of_others()
        text = f"load {self.load:.2f} before the run"
        if share is None:
            return text + "; use by other processes unknown", self.load > 0.5
        return (f"{text}; other processes used {100 * share:.0f} % of the "
                "processors' time during it", share > MUCH_USED_BY_OTHERS)
