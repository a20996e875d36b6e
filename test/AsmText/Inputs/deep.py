"""Writes a program with a great many of something.

usage: deep.py type|brackets|rank|arguments|attributes|list COUNT
"""

import sys

kind, count = sys.argv[1], int(sys.argv[2])


def named(value):
    return ", ".join(f"n{i} = {value}" for i in range(count))


statement = {
    "type": lambda: f"{'tuple<' * (count - 1)}int32{'>' * (count - 1)} a = f();",
    "brackets": lambda: f"f()[a = tensor<int32, [1]>({'[' * count})];",
    "rank": lambda: f"f()[a = tensor<int32, [{', '.join(['1'] * count)}]>"
                    f"({'[' * count}1{']' * count})];",
    "arguments": lambda: f"f({named('int32(1)')});",
    "attributes": lambda: f"f()[{named('int32(1)')}];",
    "list": lambda: f"f(values = ({', '.join(['int32(1)'] * count)}));",
}[kind]
print("program(1.3) { func main<ios18>() {", statement(), "} -> (); }")
