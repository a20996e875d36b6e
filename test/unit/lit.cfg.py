"""Runs every GoogleTest binary as part of the lit suite."""

import lit.formats

config.name = "Espresso-Unit"
config.suffixes = []
config.test_source_root = config.espresso_unit_dir
config.test_exec_root = config.espresso_unit_dir
config.test_format = lit.formats.GoogleTest(".", "Tests")
