"""The lit suite of Espresso; see docs/Testing.md."""

import os
import pathlib
import sys

import lit.formats

config.name = "Espresso"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mil", ".test"]
config.excludes = ["Inputs", "models"]
config.test_source_root = os.path.join(config.espresso_source_dir, "test")
config.test_exec_root = os.path.join(config.espresso_build_dir, "test")

config.environment["FILECHECK_OPTS"] = (
    "--enable-var-scope --allow-unused-prefixes=false"
)
# A user's taste in colours must not change what a test sees.
for variable in ("NO_COLOR", "CLICOLOR_FORCE"):
    config.environment.pop(variable, None)

# Nor must tests leave anything with the user.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root,
                                                    "cache")

# A report of a sanitizer must not pass for an exit code of ours. LLVM's headers
# poison memory that its libraries, built without sanitizers, do not know of.
if config.espresso_sanitizers:
    for variable, options in {
        "ASAN_OPTIONS": "exitcode=99:allow_user_poisoning=0",
        "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1",
    }.items():
        given = os.environ.get(variable)
        config.environment[variable] = options + (":" + given if given else "")

# Tools of ours, and those that came with LLVM.
OURS = ("espresso-opt", "espresso-compile", "espresso-run", "espresso-reduce",
        "espresso-tblgen")
tools = {name: os.path.join(config.espresso_tools_dir, name) for name in OURS}
if os.environ.get("ESPRESSO_VERIFY_ROUNDTRIP") == "1":
    tools["espresso-opt"] += " --verify-roundtrip"
# Every pass that runs in a test must keep what is computed.
if os.environ.get("ESPRESSO_CHECK_NUMERICS") != "0":
    tools["espresso-opt"] += " --check-numerics=quiet"
tools.update(config.test_tools)
for name, command in tools.items():
    # Only as a command of its own: not in a path, an option or a longer name.
    config.substitutions.append((r"(?<![\w/.-])%s(?![\w/.-])" % name, command))
config.substitutions.append(("%python", '"%s"' % sys.executable))
config.substitutions.append(("%source", config.espresso_source_dir))
config.substitutions.append(
    ("%models", os.path.join(config.test_source_root, "models")))

# Material that is not part of the project: real files of others.
shared = pathlib.Path(
    os.environ.get("ESPRESSO_SHARED")
    or os.path.join(config.espresso_source_dir, "..", "shared")
).resolve()
if shared.is_dir():
    config.available_features.add("shared")
    config.substitutions.append(("%shared", str(shared)))
else:
    lit_config.note("no '%s': tests that need it are skipped" % shared)

if "address" in config.espresso_sanitizers:
    config.available_features.add("asan")
if pathlib.Path("/dev/full").exists():
    config.available_features.add("dev-full")
for name in OURS:
    if os.path.exists(os.path.join(config.espresso_tools_dir, name)):
        config.available_features.add(name)
