"""Checks what espresso-run bench prints as JSON or CSV for test/models/fable.gguf.

usage: check_bench.py json|csv|busy|cold FILE

The sizes of that model are in test/models/README.md. Prints a line a test, and fails
where the numbers contradict each other.
"""

import csv
import json
import statistics
import sys

WEIGHTS, NORMS, HEAD = 705664, 9 * 128, 512 * 128
LAYERS, QUERY, KEY_VALUE = 4, 128, 64


def get_needs(test):
    """Bytes and floating-point operations that a test needs at least."""
    count = test["n_prompt"] + test["n_gen"]
    rows = [test["n_depth"] + i + 1 for i in range(count)]
    heads = 1 if test["n_prompt"] else count
    row_bytes = LAYERS * 2 * KEY_VALUE * 2
    if test["n_prompt"]:
        # The weights once for each block of columns, and the caches once.
        size = (2 * WEIGHTS * -(-count // 512) + row_bytes * test["n_depth"])
        size *= test["n_streams"]
    else:
        # The weights once for the streams that go together.
        size = (2 * WEIGHTS * count * -(-test["n_streams"] // 32)
                + row_bytes * sum(rows) * test["n_streams"])
    flops = (2 * (WEIGHTS - NORMS - HEAD) * count + 2 * HEAD * heads
             + LAYERS * 4 * QUERY * sum(rows))
    return size, flops * test["n_streams"]


def check_summary(summary, count):
    samples = summary["samples"]
    assert len(samples) == count, (len(samples), count)
    assert summary["median"] == statistics.median(samples)
    assert summary["min"] == min(samples) and summary["max"] == max(samples)
    assert min(samples) > 0
    return samples


def check_test(test, count):
    assert test["n_prompt"] == 0 or test["n_gen"] == 0
    assert (test["bytes"], test["flops"]) == get_needs(test), test
    seconds = check_summary(test["seconds"], count)
    peak = check_summary(test["peak_gflops"], count)
    read = check_summary(test["read_gbps"], count)
    for name, limit, amount in (("fraction_of_peak", peak, test["flops"]),
                                ("fraction_of_bandwidth", read, test["bytes"])):
        found = check_summary(test[name], count)
        for i in range(count):
            expected = amount / (limit[i] * 1e9) / seconds[i]
            assert abs(found[i] / expected - 1) < 1e-6, (name, found[i], expected)
    speed = check_summary(test["tokens_per_second"], count)
    assert abs(speed[0] * seconds[0] / test["tokens"] - 1) < 1e-6
    if test["products_fraction_of_peak"] is not None:
        assert test["n_prompt"]
        check_summary(test["products_fraction_of_peak"], count)
    print(f"{test['test']} threads={test['n_threads']} "
          f"streams={test['n_streams']} tokens={test['tokens']} "
          f"products={test['products_fraction_of_peak'] is not None}")


def check_start(test, count):
    left = test["left_in_memory"]
    assert left is None or 0 <= left <= 1
    for files in ("cold", "warm"):
        start = test[files]
        first = check_summary(start["first_token_seconds"], count)
        opening = check_summary(start["opening_seconds"], count)
        passes = check_summary(start["first_pass_seconds"], count)
        ratio = check_summary(start["first_pass_to_first_token"], count)
        for i in range(count):
            assert opening[i] < first[i]
            assert abs(ratio[i] - passes[i] / first[i]) < 1e-6
        print(f"{files} prompt={test['n_prompt']} threads={test['n_threads']}")


def check_csv(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    print(",".join(rows[0]))
    for row in rows[1:]:
        assert len(row) == len(rows[0]), row
        print("row: " + ",".join(row[:8]))


def main():
    kind, path = sys.argv[1:]
    if kind == "csv":
        check_csv(path)
        return
    with open(path) as file:
        report = json.load(file)
    assert report["format"] == "espresso-bench" and report["schema_version"] == 1
    assert report["model"]["weight_bytes_per_token"] == 2 * WEIGHTS
    assert report["model"]["name"] == "fable"
    assert report["obstacle"] is None
    print(f"kind={report['kind']} head={report['head']['kind']}/"
          f"{report['head']['placement']}")
    for test in report["tests"]:
        if kind == "cold":
            check_start(test, report["repetitions"])
        elif kind == "busy":
            check_test(test["quiet"], report["repetitions"])
            check_test(test["busy"], report["repetitions"])
            check_summary(test["ratio"], report["repetitions"])
        else:
            check_test(test, report["repetitions"])


main()
