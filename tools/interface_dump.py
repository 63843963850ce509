"""The C interface of the header, as abidw (Debian: abigail-tools) describes it.

tests/hosts/gaussmix.abi is the interface that programs rely on. Run as a program after adding
to gaussmix.h, and never for another reason, this writes it anew:

    python tools/interface_dump.py
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADERS = ROOT / "cpp" / "include"
COMMITTED = ROOT / "tests" / "hosts" / "gaussmix.abi"

_OPTIONS = (
    "--no-corpus-path",
    "--no-comp-dir-path",
    "--no-show-locs",
    "--no-elf-needed",
    "--type-id-style",
    "hash",
)


def stub(header: str, folder: Path) -> Path:
    """A library in C that has what the header declares, and no other types."""
    source = re.sub(r"GAUSSMIX_EXPORT ([^;]+);", r"GAUSSMIX_EXPORT \1 { for (;;) {} }", header)
    (folder / "stub.c").write_text(source, encoding="utf-8")
    command = ["cc", "-std=c99", "-w", "-g", "-O0", "-shared", "-fPIC", f"-I{HEADERS}", "stub.c"]
    subprocess.run([*command, "-o", "stub.so"], cwd=folder, check=True)
    return folder / "stub.so"


def committed_symbols() -> set[str]:
    """The functions that programs rely on."""
    return set(re.findall(r"<elf-symbol name='(\w+)'", COMMITTED.read_text(encoding="utf-8")))


def main() -> None:
    """Write the interface of the header as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        library = stub((HEADERS / "gaussmix.h").read_text(encoding="utf-8"), Path(folder))
        command = ["abidw", *_OPTIONS, "--out-file", COMMITTED, library]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
