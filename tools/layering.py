"""Check the rules of the code: includes between folders, and where threads and imports may be.

Run as a program from anywhere, it names each offending line and returns 1 if there is one:

    python tools/layering.py [BUILD_FOLDER ...]

Given CMake build folders, it also looks at the objects of the kernels there.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The folders of cpp/src, bottom up. A file includes its own folder, folders of the lines above its
# own, and public headers; folders of one line do not include each other.
FLOORS = (
    ("tuning",),
    ("kernels", "text"),
    ("cpu", "parallel", "random"),
    ("linalg",),
    ("whitening", "scatter"),
    ("rows", "moments"),
    ("estep",),
    ("missing",),
    ("families",),
    ("em/pruning",),
    ("em/pass", "em/mstep"),
    ("em/run",),
    ("em/starts",),
    ("em", "model", "io"),
    ("em/select",),
    ("capi",),
)
LEVELS = {folder: level for level, floor in enumerate(FLOORS) for folder in floor}

# Hosts include only public headers, to show that these suffice; all messages are made by text/.
PUBLIC_HEADERS_ONLY = {"capi": {"text"}}

# Headers of compilers and operating systems, each where it is needed. omp.h is one of them:
# only parallel/ includes it.
SYSTEM_HEADERS = {
    "kernels": {"immintrin.h", "arm_neon.h"},
    "cpu": {"cpuid.h"},
    "parallel": {"omp.h", "pthread.h", "sched.h", "sys/sysinfo.h", "unistd.h"},
    "io": {"unistd.h"},
}

# What CMake writes into the build folder.
GENERATED_HEADERS = {"cpu": {"instruction_sets.hpp"}}

# A kernel is compiled for an instruction set that the machine may lack. A template or inline
# function of the standard library compiled there could be the copy that the linker keeps for all.
KERNEL_HEADERS = {"cstddef", "cstdint", "type_traits"}

# The C ABI is C99.
C_HEADERS = {"stddef.h", "stdint.h"}

# Example and test programs that stand for users' own, with the headers of their language.
HOSTS = ("examples", "tests/hosts")
HOST_HEADERS = re.compile(
    r"(dlfcn|limits|math|stdio|stdlib|string|time)\.h|R\.h|Rinternals\.h|R_ext/\w+\.h|check\.h|[a-z_0-9]+"
)

# What modules of the package may import beside the standard library, NumPy and the package itself,
# by file or folder, and only inside functions or for type checking: `import gaussmix` stays light.
DEFERRED_IMPORTS = {
    "_bar.py": {"tqdm"},
    "_selection.py": {"pandas"},
    "_sources.py": {"pyarrow"},
    "cli": {"pyarrow"},
    "engines": {"pandas", "pyarrow"},
    "plot": {"matplotlib", "PIL"},
}

# The estimators derive from scikit-learn's classes, and each engine needs its library; these
# folders are themselves imported on demand.
HEAVY_IMPORTS = {
    "engines": {"dask", "mpi4py", "pyspark"},
    "estimators": {"sklearn"},
}

# Names that the package must not use: it gets the facts about a family from the core.
FAMILY_NAMES = {
    *("full", "tied", "diag", "spherical"),
    *("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"),
    "VVV",
}

# Flags that make results depend on the machine, or a program that other machines cannot run.
FORBIDDEN_FLAGS = (
    "-ffast-math",
    "-Ofast",
    "-funsafe-math-optimizations",
    "-march=native",
    "/fp:fast",
)

# Code outside the folders that own families, whitenings and scatters calls their methods; it does
# not compare their enumerators. The C interface alone names them, to tie its numbers to C++'s.
ENUMERATOR = re.compile(r"\b(CovarianceType|Whitening|Scatter)::(?!Form\b)\w+")
ENUMERATOR_HOMES = {"families", "whitening", "scatter"}
TIED_NUMBERS = re.compile(r"\bsame\(GAUSSMIX_\w+, ")

# Expressions to avoid: an Index is a subscript and a size without a cast, and text::format puts
# numbers into messages.
QUIET = {
    "static_cast<std::size_t>": "use an Index as it is, and signed_size to compare with sizes",
    "std::to_string(": "use text::format",
}
QUIET_HOME = "text/format.hpp"

_INCLUDE = re.compile(r"""^\s*#\s*include\s*([<"])([^>"]+)[>"]""")
_PRAGMA = re.compile(r"""^\s*#\s*pragma\s+omp\b|\b_Pragma\s*\(\s*"\s*omp\b""")
_STANDARD = re.compile(r"[a-z_0-9]+")


@dataclass(frozen=True)
class Line:
    """A line of a file in the tree."""

    file: Path
    number: int
    text: str

    def problem(self, root: Path, why: str) -> str:
        """Return the place and the rule that it breaks, in the form of a compiler's message."""
        return f"{self.file.relative_to(root).as_posix()}:{self.number}: {why}"


def _sources(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(
            p for p in folder.rglob("*") if p.suffix in {".c", ".cpp", ".hpp", ".h", ".inl", ".inc"}
        )


def _lines(file: Path) -> Iterator[Line]:
    """Lines, with those that end in a backslash joined to the next."""
    whole, start = "", 1
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        whole += text
        if text.endswith("\\"):
            whole = whole[:-1]
            continue
        yield Line(file, start, whole)
        whole, start = "", number + 1


def include_problems(root: Path) -> list[str]:
    """Return includes of folders above or beside the file's own, and of foreign headers."""
    public = root / "cpp" / "include"
    private = root / "cpp" / "src"
    bindings = root / "python" / "bindings"
    hosts = [root / folder for folder in HOSTS]
    problems = []
    for file in _sources(public, private, bindings, *hosts):
        for line in _lines(file):
            found = _INCLUDE.match(line.text)
            if not found:
                continue
            name = found[2]
            if ".." in Path(name).parts:
                why: str | None = f"{name} climbs: write the path below the include folder"
            elif file.is_relative_to(public):
                why = _include_from_public(public, name)
            elif any(file.is_relative_to(host) for host in hosts):
                why = _include_from_host(public, name)
            elif file.is_relative_to(bindings):
                why = _include_from_bindings(bindings, public, name)
            else:
                why = _include_from_core(private, public, file, name)
            if why:
                problems.append(line.problem(root, why))
    return problems


def _include_from_public(public: Path, name: str) -> str | None:
    if _STANDARD.fullmatch(name) or name in C_HEADERS or (public / name).is_file():
        return None
    return f"a public header includes {name}: only the standard library and public headers"


def _include_from_host(public: Path, name: str) -> str | None:
    if HOST_HEADERS.fullmatch(name) or (public / name).is_file():
        return None
    return f"a host includes {name}: only public headers and those of its language"


def _include_from_bindings(bindings: Path, public: Path, name: str) -> str | None:
    own = (bindings / name).is_file()
    if (
        own
        or _STANDARD.fullmatch(name)
        or name.startswith("pybind11/")
        or (public / name).is_file()
    ):
        return None
    return f"the bindings include {name}: only pybind11, public headers, their own and the standard"


def _include_from_core(private: Path, public: Path, file: Path, name: str) -> str | None:
    folder = _room(file.relative_to(private).parent)
    if folder is None:
        where = file.relative_to(private).parent.as_posix()
        return f"cpp/src/{where} has no level: give it one in tools/layering.py"
    if name in SYSTEM_HEADERS.get(folder, set()) | GENERATED_HEADERS.get(folder, set()):
        return None
    if _STANDARD.fullmatch(name) or (public / name).is_file():
        if folder == "kernels" and name not in KERNEL_HEADERS:
            return f"a kernel includes {name}: only {' and '.join(sorted(KERNEL_HEADERS))}"
        return None
    if not (private / name).is_file():
        return f"{name} is no header below cpp/include or cpp/src, and no system header for here"
    return _include_of_private(folder, name)


def _room(folder: Path) -> str | None:
    """The folder of LEVELS that a folder of cpp/src is or lies in."""
    names = (p.as_posix() for p in (folder, *folder.parents))
    return next((name for name in names if name in LEVELS), None)


def _include_of_private(folder: str, name: str) -> str | None:
    target = _room(Path(name).parent)
    if target == folder:
        return None
    if target not in PUBLIC_HEADERS_ONLY.get(folder, {target}):
        return f"{folder}/ includes {name}: only public headers and its own"
    if target is not None and LEVELS[target] < LEVELS[folder]:
        return None
    return f"{folder}/ (level {LEVELS[folder]}) includes {name}, which is not below it"


def openmp_problems(root: Path) -> list[str]:
    """Return uses of OpenMP outside cpp/src/parallel, and parallel regions without num_threads."""
    home = root / "cpp" / "src" / "parallel"
    problems = []
    for file in _sources(root / "cpp", root / "python" / "bindings"):
        for line in _lines(file):
            if not _PRAGMA.search(line.text):
                continue
            if not file.is_relative_to(home):
                problems.append(line.problem(root, "an OpenMP pragma outside cpp/src/parallel"))
            elif re.search(r"\bparallel\b", line.text) and "num_threads" not in line.text:
                problems.append(line.problem(root, "a parallel region without num_threads"))
    return problems


def enumerator_problems(root: Path) -> list[str]:
    """Enumerators of families, whitenings and scatters outside the folders that own them."""
    private = root / "cpp" / "src"
    problems = []
    for file in _sources(private):
        if file.relative_to(private).parts[0] in ENUMERATOR_HOMES:
            continue
        for line in _lines(file):
            code = line.text.split("//")[0]
            found = ENUMERATOR.search(code)
            if found and not TIED_NUMBERS.search(code):
                problems.append(
                    line.problem(root, f"names {found[0]}: ask the family or its form instead")
                )
    return problems


def noise_problems(root: Path) -> list[str]:
    """Return casts and conversions that should be written in another way."""
    private = root / "cpp" / "src"
    return [
        line.problem(root, f"{noise}: {remedy}")
        for file in _sources(private)
        if file != private / QUIET_HOME
        for line in _lines(file)
        for noise, remedy in QUIET.items()
        if noise in line.text.split("//")[0]
    ]


def python_import_problems(root: Path) -> list[str]:
    """Return imports that make the package heavy, and oracles that import the package."""
    package = root / "python" / "gaussmix"
    problems = []
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package).parts[0]
        light = {*sys.stdlib_module_names, "numpy", "gaussmix"} | HEAVY_IMPORTS.get(name, set())
        later = light | DEFERRED_IMPORTS.get(name, set())
        for line, deferred in _packages(file):
            if line.text not in (later if deferred else light):
                when = "anywhere" if deferred else "when the module is imported"
                problems.append(line.problem(root, f"imports {line.text}: not allowed here {when}"))
    for part in ("families.py", "reference.py"):  # the oracle, which rests on the first
        oracle = root / "tests" / "support" / part
        if not oracle.is_file():
            continue
        for line, _ in _packages(oracle):
            if line.text not in {*sys.stdlib_module_names, "numpy", "families"}:
                problems.append(line.problem(root, f"the oracle imports {line.text}: only NumPy"))
    return problems


def ring_problems(root: Path) -> list[str]:
    """A ring of imports between modules of the package, deferred ones and those of types too."""
    python = root / "python"
    files = sorted(p for p in (python / "gaussmix").rglob("*") if p.suffix in {".py", ".pyi"})
    modules = {_module(file, python): file for file in files}
    below = {
        module: {name for name in _modules(file, module, set(modules)) if name != module}
        for module, file in modules.items()
    }
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        return [f"python/gaussmix: a ring of imports: {' -> '.join(reversed(error.args[1]))}"]
    return []


def _module(file: Path, python: Path) -> str:
    """The dotted name of a file; a package is its __init__.py."""
    return ".".join(file.relative_to(python).with_suffix("").parts).removesuffix(".__init__")


def _modules(file: Path, module: str, known: set[str]) -> Iterator[str]:
    """The modules of the package that one of them imports, wherever it does."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node, _ in _imports(file):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        else:
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            submodules = {f"{source}.{alias.name}" for alias in node.names}
            names = submodules & known
            if names != submodules:  # the others are names in the module itself
                names |= {source}
        yield from names & known


def _packages(file: Path) -> Iterator[tuple[Line, bool]]:
    """The packages that a module imports by absolute names; whether the import is deferred."""
    for node, deferred in _imports(file):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module] if node.module and not node.level else []
        for name in names:
            yield Line(file, node.lineno, name.split(".")[0]), deferred


def _imports(file: Path) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The import statements of a module; whether only in functions or for type checking."""

    def walk(node: ast.AST, deferred: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, deferred
        inside = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guarded: list[ast.stmt] = []
        if isinstance(node, ast.If) and ast.unparse(node.test) in {
            "TYPE_CHECKING",
            "typing.TYPE_CHECKING",
        }:
            guarded = node.body
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inside or child in guarded)

    yield from walk(ast.parse(file.read_text(encoding="utf-8")), deferred=False)


def python_family_problems(root: Path) -> list[str]:
    """Comparisons with the name of a covariance family, and lists of the names, in the package."""
    problems = []
    for file in sorted((root / "python" / "gaussmix").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare | ast.MatchValue):
                most, what = 0, "compares with"
            elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                most, what = 1, "lists"
            else:
                continue
            names = sorted(FAMILY_NAMES & set(_texts(node)))
            if len(names) > most:
                line = Line(file, node.lineno, "")
                told = f"{what} families ({', '.join(names)}): ask the core"
                problems.append(line.problem(root, told))
    return problems


def _texts(node: ast.AST) -> Iterator[str]:
    for below in ast.walk(node):
        if isinstance(below, ast.Constant) and isinstance(below.value, str):
            yield below.value


def build_flag_problems(root: Path) -> list[str]:
    """Compiler flags that must not stand in a build that is shipped."""
    files = [root / name for name in ("CMakeLists.txt", "CMakePresets.json", "pyproject.toml")]
    for folder in ("cmake", "cpp", "python"):
        files += [
            p
            for p in sorted((root / folder).rglob("*"))
            if p.suffix == ".cmake" or p.name == "CMakeLists.txt"
        ]
    return [
        line.problem(root, f"the flag {flag}")
        for file in files
        if file.is_file()
        for line in _lines(file)
        for flag in FORBIDDEN_FLAGS
        if flag in line.text
    ]


def kernel_objects(build: Path) -> list[Path]:
    """The objects of the kernels, one an instruction set, in a CMake build folder."""
    return sorted(build.rglob("kernels/isa/*.o"))


def export_problems(objects: Iterable[Path]) -> list[str]:
    """Return kernel objects that export more than their one table (`nm` from binutils)."""
    nm = shutil.which("nm")
    if nm is None:
        raise FileNotFoundError("nm (binutils) is not installed")
    problems = []
    for file in objects:
        listing = subprocess.run(
            [
                nm,
                "--defined-only",
                "--extern-only",
                "--format=posix",
                "--demangle",
                os.fspath(file),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        if len(listing) != 1:
            problems.append(
                f"{file.name}: exports {len(listing)} symbols, not one: {'; '.join(listing)}"
            )
    return problems


RULES: dict[str, Callable[[Path], list[str]]] = {
    "includes": include_problems,
    "openmp": openmp_problems,
    "enumerators": enumerator_problems,
    "noise": noise_problems,
    "python imports": python_import_problems,
    "python rings": ring_problems,
    "python families": python_family_problems,
    "build flags": build_flag_problems,
}


def main(build_folders: list[str]) -> int:
    """Checks the tree this file stands in."""
    problems = [problem for rule in RULES.values() for problem in rule(ROOT)]
    for folder in build_folders:
        objects = kernel_objects(Path(folder))
        problems += export_problems(objects) if objects else [f"{folder}: no objects of kernels"]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
