"""The measurements of benchmarks.py: what is run, and what it is held to."""

import re
import shlex
import typing

from toolrun import Spread, ToolError, run_json, run_text

LARGE_MODELS = ["tinyLlama_1_1b", "llama3_2_1b"]
MODELS = ["stories110m", "gpt2_124m", "smolLM_135m"] + LARGE_MODELS


class Line(typing.NamedTuple):
    """One line of a table. `target` is what the median must reach, if anything;
    `spread` is None for what was not measured, and `note` says why."""
    what: str
    spread: typing.Optional[Spread]
    target: typing.Optional[float] = None
    unit: str = ""
    note: str = ""

    def is_met(self):
        return self.spread is not None and self.spread.median >= self.target


class Settings(typing.NamedTuple):
    """Where the tools are, and how much is run."""
    espresso_run: object
    rounds: int
    quick: object  # None, or the model that is measured instead of all
    only_models: list
    kernel_bench: object
    head_trials: int  # with a head of real size
    say: typing.Callable[[str], None]

    def models(self, names):
        """Those of a section that are wanted."""
        wanted = ([self.quick] if self.quick else
                  [name for name in names if name in self.only_models])
        if not wanted:
            raise ToolError("none of its models was asked for (--models): "
                            + ", ".join(names))
        return wanted


def spread_of(summary):
    return Spread(summary["samples"])


def run_bench(settings, model, *options):
    """The report of espresso-run bench, and the command as a person types it."""
    name = ["--config", model] if not settings.quick else [model]
    words = ["bench", *name, *options, "-r", str(settings.rounds), "--no-verify",
             "-q", "--json"]
    shown = " ".join(["espresso-run", *(str(word) for word in words
                                        if word not in ("-q", "--json"))])
    settings.say(shown)
    return run_json([settings.espresso_run, *words]), shown


def get_limits(report):
    """A sentence on the limits a report was measured against."""
    by_threads = {}
    for test in report["tests"]:
        by_threads.setdefault(test["n_threads"], test)
    return "; ".join(
        f"{threads} thread{'s' if threads != 1 else ''} "
        f"{test['read_gbps']['median']:.1f} GB/s and "
        f"{test['peak_gflops']['median']:.0f} GFLOP/s"
        for threads, test in sorted(by_threads.items()))


def describe_test(report, test):
    threads = test["n_threads"]
    return (f"{report['model']['name']}, {test['test']}, {threads} "
            f"thread{'s' if threads != 1 else ''}")


def speed_note(test):
    return f"{test['tokens_per_second']['median']:.1f} tokens/s"


class Section(typing.NamedTuple):
    """Its lines, the commands that repeat it, and remarks."""
    lines: list
    commands: list
    remarks: list



# ---------------------------------------------------------------------------
# Whole models
# ---------------------------------------------------------------------------

def measure_decode(settings):
    lines, commands, remarks = [], [], []
    for model in settings.models(MODELS):
        # The table of positions of GPT-2 ends at 1024.
        depths = "0,992" if "gpt2" in str(model) else "0,1024"
        report, shown = run_bench(
            settings, model, "-p", "0", "-n", "4" if settings.quick else "32",
            "-d", "0,8" if settings.quick else depths, "-t", "1,2")
        commands.append(shown)
        remarks.append(f"{report['model']['name']}: "
                       f"{report['model']['weight_bytes_per_token'] / 1e6:.0f} MB a "
                       f"token; head: {report['head']['kind']}, "
                       f"placed on {report['head']['placement']}; "
                       + get_limits(report))
        for test in report["tests"]:
            lines.append(Line(describe_test(report, test),
                              spread_of(test["fraction_of_bandwidth"]), 0.85,
                              note=speed_note(test)))
    return Section(lines, commands, remarks)


def measure_prefill(settings):
    lines, commands, remarks = [], [], []
    for model in settings.models(["stories110m", "smolLM_135m", "tinyLlama_1_1b"]):
        large = model in LARGE_MODELS
        report, shown = run_bench(
            settings, model, "-p", "4,8" if settings.quick else "128,512", "-n", "0",
            "-t", "2" if large else "1,2", "--products")
        commands.append(shown)
        remarks.append(f"{report['model']['name']}: " + get_limits(report))
        for test in report["tests"]:
            what = describe_test(report, test)
            lines.append(Line(what + ", products alone",
                              spread_of(test["products_fraction_of_peak"]), 0.85))
            lines.append(Line(what + ", all of it",
                              spread_of(test["fraction_of_peak"]), 0.70,
                              note=speed_note(test)))
    return Section(lines, commands, remarks)


def get_least_seconds(test):
    """For each round, what its limits allow: the longer of reading and computing."""
    return [max(test["bytes"] / (read * 1e9), test["flops"] / (peak * 1e9))
            for read, peak in zip(test["read_gbps"]["samples"],
                                  test["peak_gflops"]["samples"])]


def measure_streams(settings):
    many = 2 if settings.quick else 32
    lines, commands, remarks = [], [], []
    for model in settings.models(["stories110m"]):
        report, shown = run_bench(
            settings, model, "-p", "0", "-n", "4" if settings.quick else "32",
            "-t", "2", "--streams", f"1,{many}")
        commands.append(shown)
        one, all_ = report["tests"]
        for test in (one, all_):
            streams = test["n_streams"]
            remarks.append(
                f"{streams} stream{'s' if streams != 1 else ''}: {speed_note(test)}, "
                f"{test['fraction_of_bandwidth']['median']:.2f} of bandwidth, "
                f"{test['fraction_of_peak']['median']:.2f} of peak")
        ratio = Spread(b / a for a, b in zip(one["tokens_per_second"]["samples"],
                                             all_["tokens_per_second"]["samples"]))
        lines.append(Line(f"{report['model']['name']}, {many} streams together, "
                          "tokens per second over those of one", ratio, 12))
        # 32 columns wait for the multipliers, one waits for memory.
        least = Spread(many * a / b for a, b in zip(get_least_seconds(one),
                                                    get_least_seconds(all_)))
        lines.append(Line("the same, if both took what the limits of the machine "
                          "allow", least))
    return Section(lines, commands, remarks)


def measure_busy_core(settings):
    lines, commands, remarks = [], [], []
    for model in settings.models(["stories110m", "tinyLlama_1_1b"]):
        report, shown = run_bench(settings, model, "--busy-core", "-n",
                                  "4" if settings.quick else "32", "-t", "2")
        commands.append(shown)
        test, = report["tests"]
        remarks.append(f"{report['model']['name']}: quiet {speed_note(test['quiet'])}, "
                       f"busy {speed_note(test['busy'])}")
        lines.append(Line(f"{report['model']['name']}, two threads beside a busy core, "
                          "over one quiet thread", spread_of(test["ratio"]), 0.9))
    return Section(lines, commands, remarks)


def measure_cold(settings):
    lines, commands, remarks = [], [], []
    for model in settings.models(["stories110m", "tinyLlama_1_1b"]):
        report, shown = run_bench(settings, model, "--cold", "-p",
                                  "2" if settings.quick else "16", "-t", "2")
        commands.append(shown)
        test, = report["tests"]
        left = test["left_in_memory"]
        if left is None or left > 0.05:
            how_much = "an unknown part" if left is None else f"{100 * left:.0f} %"
            remarks.append(f"{report['model']['name']}: {how_much} of the files stayed "
                           "in memory when they were to be dropped: cold is not cold")
        for files in ("cold", "warm"):
            start = test[files]
            what = f"{report['model']['name']}, files {files}"
            lines.append(Line(what + ", first token",
                              spread_of(start["first_token_seconds"]), unit="s"))
            lines.append(Line(what + ", one pass over the weights",
                              spread_of(start["first_pass_seconds"]), unit="s"))
            lines.append(Line(what + ", pass over first token",
                              spread_of(start["first_pass_to_first_token"])))
    return Section(lines, commands, remarks)


# ---------------------------------------------------------------------------
# Kernels
# ---------------------------------------------------------------------------

def run_kernels(settings, prefix):
    """The lines of espresso-kernel-bench that begin so, and the command."""
    path = settings.kernel_bench
    if not path.exists():
        raise ToolError(f"'{path.name}' is not built")
    words = ["--rounds", str(settings.rounds), "--only", prefix]
    shown = shlex.join([path.name, *words])
    settings.say(shown)
    lines = run_json([path, *words, "--json"])["lines"]
    if not lines:
        raise ToolError(f"'{path.name}' measures nothing that begins with '{prefix}'")
    return lines, shown


def make_kernel_line(line, target):
    note = f"{line['speed']:.1f} {line['unit']}{line['note']}"
    return Line(line["name"], Spread([line["low"], line["median"], line["high"]]),
                target, note=note)


def measure_matvec(settings):
    lines, shown = run_kernels(settings, "fp16 matvec")
    return Section([make_kernel_line(line, 0.90) for line in lines], [shown], [])


def measure_products(settings):
    """Beside the same products with weights of float32."""
    lines, shown = run_kernels(settings, "fp16 product beside fp32")
    return Section([make_kernel_line(line, 0.95) for line in lines
                    if re.search(r"\b(128|512) columns", line["name"])], [shown], [])


def run_trials(settings, count, rows):
    """Random activations whose best row the heads must agree on; what the program
    says of them, and the command."""
    words = ["--trials", str(count), "--rows", str(rows), "--columns", "2048"]
    shown = shlex.join([settings.kernel_bench.name, *words])
    settings.say(shown)
    return run_text([settings.kernel_bench, *words]).strip(), shown


def measure_head(settings):
    lines, shown = run_kernels(settings, "screened head")
    commands, remarks = [shown], []
    for count, rows in ((100_000, 8192), (settings.head_trials, 128_256)):
        said, shown = run_trials(settings, 32 if settings.quick else count, rows)
        commands.append(shown)
        remarks.append(said.replace("\n", "; "))
    return Section([make_kernel_line(line, 1.7) for line in lines], commands, remarks)
