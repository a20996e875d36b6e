"""Runs every GoogleTest binary as part of the lit suite."""

import os

import lit.formats

config.name = "Espresso-Unit"
config.suffixes = []
config.test_source_root = config.espresso_unit_dir
config.test_exec_root = config.espresso_unit_dir
config.test_format = lit.formats.GoogleTest(".", "Tests")
# See lit.cfg.py of the text tests.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
# How many random programs, and which; see docs/Testing.md.
for variable in ("ESPRESSO_PROPERTY_PROGRAMS", "ESPRESSO_PROPERTY_SEED"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]
