"""The tree keeps the rules of tools/layering.py, and each rule sees what it is there for."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import layering

Write = Callable[[str, str], None]


@pytest.mark.parametrize("rule", layering.RULES)
def test_the_tree_keeps_the_rule(rule: str) -> None:
    assert layering.RULES[rule](layering.ROOT) == []


def test_each_kernel_object_exports_its_table_alone() -> None:
    build = os.environ.get("GAUSSMIX_BUILD_DIR")
    if build is None:
        pytest.skip("GAUSSMIX_BUILD_DIR names no CMake build folder to look into")
    objects = layering.kernel_objects(Path(build))
    assert objects
    assert layering.export_problems(objects) == []


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of a small tree, in which some headers stand already."""

    def write(name: str, text: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    write("cpp/include/gaussmix/fit.hpp", "#include <vector>\n")
    for header in ("kernels/table", "text/format", "linalg/packed", "em/pass/pass", "model/score"):
        write(f"cpp/src/{header}.hpp", "#include <cstdint>\n")
    write("python/bindings/arrays.hpp", "#include <pybind11/numpy.h>\n")
    return write


@pytest.mark.parametrize(
    ("file", "include"),
    [
        ("cpp/src/em/run/run.cpp", '"em/pass/pass.hpp"'),
        ("cpp/src/em/run/run.cpp", '"linalg/packed.hpp"'),
        ("cpp/src/em/run/run.cpp", '"gaussmix/fit.hpp"'),
        ("cpp/src/em/run/run.cpp", "<algorithm>"),
        ("cpp/src/capi/capi.cpp", '"gaussmix/fit.hpp"'),
        ("cpp/src/capi/capi.cpp", '"text/format.hpp"'),
        ("cpp/src/kernels/body.hpp", "<immintrin.h>"),
        ("cpp/src/parallel/parallel.cpp", "<omp.h>"),
        ("cpp/include/gaussmix/run.hpp", '"gaussmix/fit.hpp"'),
        ("cpp/include/gaussmix/gaussmix.h", "<stdint.h>"),
        ("examples/c/main.c", "<gaussmix/fit.hpp>"),
        ("examples/r/src/gaussmix.c", "<Rinternals.h>"),
        ("python/bindings/fit.cpp", '"arrays.hpp"'),
        ("python/bindings/fit.cpp", '"gaussmix/fit.hpp"'),
    ],
)
def test_includes_that_point_down_pass(
    tmp_path: Path, write: Write, file: str, include: str
) -> None:
    write(file, f"#include {include}\n")
    assert layering.include_problems(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "include", "why"),
    [
        ("cpp/src/linalg/a.cpp", '"em/pass/pass.hpp"', "not below it"),
        ("cpp/src/em/a.cpp", '"model/score.hpp"', "not below it"),
        ("cpp/src/em/mstep/a.cpp", '"em/pass/pass.hpp"', "not below it"),
        ("cpp/src/estep/deep/a.cpp", '"em/pass/pass.hpp"', "not below it"),
        ("cpp/src/em/a.cpp", '"../linalg/packed.hpp"', "climbs"),
        ("cpp/src/em/a.cpp", '"pass.hpp"', "no header below"),
        ("cpp/src/em/a.cpp", "<omp.h>", "no header below"),
        ("cpp/src/em/a.cpp", "<Eigen/Dense>", "no header below"),
        ("cpp/src/kernels/a.hpp", "<vector>", "a kernel includes vector"),
        ("cpp/src/kernels/a.hpp", '"gaussmix/fit.hpp"', "a kernel includes"),
        ("cpp/src/capi/a.cpp", '"linalg/packed.hpp"', "only public headers"),
        ("cpp/src/attic/a.cpp", "<vector>", "has no level"),
        ("cpp/include/gaussmix/a.hpp", '"linalg/packed.hpp"', "public header"),
        ("cpp/include/gaussmix/a.hpp", "<unistd.h>", "public header"),
        ("python/bindings/a.cpp", '"em/pass/pass.hpp"', "the bindings include"),
        ("python/bindings/a.cpp", '"../../cpp/src/em/pass.hpp"', "climbs"),
        ("python/bindings/a.cpp", "<Python.h>", "the bindings include"),
        ("examples/cpp/a.cpp", '"em/pass/pass.hpp"', "a host includes"),
    ],
)
def test_other_includes_are_named_with_their_line(
    tmp_path: Path, write: Write, file: str, include: str, why: str
) -> None:
    write(file, f"// first line\n  #  include {include}\n")
    (problem,) = layering.include_problems(tmp_path)
    assert problem.startswith(f"{file}:2: ")
    assert why in problem


@pytest.mark.parametrize(
    ("file", "text", "good"),
    [
        ("cpp/src/families/a.cpp", "if (family == CovarianceType::tied) return;", True),
        ("cpp/src/whitening/a.cpp", "if (kind == Whitening::full) return;", True),
        ("cpp/src/em/run/a.cpp", "if (family == CovarianceType::tied) return;", False),
        ("cpp/src/model/a.cpp", "case Whitening::scalar: break;", False),
        ("cpp/src/em/pass/a.cpp", "return kind == Scatter::pooled;", False),
        ("cpp/src/em/pass/a.cpp", "return 1;  // as Scatter::pooled", True),
        ("cpp/src/capi/a.cpp", "static_assert(same(GAUSSMIX_FULL, CovarianceType::full));", True),
        ("cpp/src/capi/a.cpp", "return CovarianceType::full;", False),
    ],
)
def test_families_are_asked_rather_than_named(
    tmp_path: Path, write: Write, file: str, text: str, good: bool
) -> None:
    write(file, f"// first line\n{text}\n")
    problems = layering.enumerator_problems(tmp_path)
    assert [p.startswith(f"{file}:2: names ") for p in problems] == ([] if good else [True])


@pytest.mark.parametrize(
    ("file", "text", "good"),
    [
        ("cpp/src/em/a.cpp", "sum += weights[k * d + j];", True),
        ("cpp/src/em/a.cpp", "sum += weights[static_cast<std::size_t>(k)];", False),
        ("cpp/src/em/a.cpp", 'text::invalid("n={} is too small", n);', True),
        ("cpp/src/em/a.cpp", 'fail("n=" + std::to_string(n));', False),
        ("cpp/src/em/a.cpp", "return n;  // not std::to_string(n)", True),
        ("cpp/src/text/format.hpp", "return std::to_string(value);", True),
    ],
)
def test_casts_of_indices_and_chains_of_text_are_named(
    tmp_path: Path, write: Write, file: str, text: str, good: bool
) -> None:
    write(file, f"// first line\n{text}\n")
    problems = layering.noise_problems(tmp_path)
    assert [p.startswith(f"{file}:2: ") for p in problems] == ([] if good else [True])


@pytest.mark.parametrize(
    "text",
    ["#pragma omp parallel for num_threads(n)\n", '_Pragma("omp simd")\n', "# pragma  omp simd\n"],
)
def test_openmp_stands_in_one_folder(tmp_path: Path, write: Write, text: str) -> None:
    write("cpp/src/parallel/a.cpp", text)
    assert layering.openmp_problems(tmp_path) == []
    write("cpp/src/em/a.cpp", "\n" + text)
    assert layering.openmp_problems(tmp_path) == [
        "cpp/src/em/a.cpp:2: an OpenMP pragma outside cpp/src/parallel"
    ]


def test_a_parallel_region_says_how_many_threads(tmp_path: Path, write: Write) -> None:
    write("cpp/src/parallel/a.cpp", "#pragma omp parallel \\\n    num_threads(n)\n")
    assert layering.openmp_problems(tmp_path) == []
    write("cpp/src/parallel/a.cpp", "#pragma omp parallel for\n")
    assert layering.openmp_problems(tmp_path) == [
        "cpp/src/parallel/a.cpp:1: a parallel region without num_threads"
    ]


@pytest.mark.parametrize(
    ("file", "text", "good"),
    [
        ("plot/_display.py", "def draw():\n    from matplotlib.figure import Figure\n", True),
        ("plot/_display.py", "if TYPE_CHECKING:\n    from matplotlib.figure import Figure\n", True),
        ("plot/_display.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import matplotlib\n", False),
        ("plot/_display.py", "import matplotlib.pyplot as plt\n", False),
        ("plot/_display.py", "class A:\n    import matplotlib\n", False),
        ("cli.py", "def draw():\n    import matplotlib\n", False),
        ("_fit.py", "import sklearn\n", False),
        ("estimators/_base.py", "import sklearn\n", True),
        ("_bar.py", "import tqdm\n", False),
        ("_fit.py", "def fit():\n    from sklearn import base\n", False),
        (
            "_fit.py",
            "import os, numpy.linalg\nfrom gaussmix import _core\nfrom . import _core\n",
            True,
        ),
    ],
)
def test_heavy_imports_have_their_places(
    tmp_path: Path, write: Write, file: str, text: str, good: bool
) -> None:
    write(f"python/gaussmix/{file}", text)
    assert (layering.python_import_problems(tmp_path) == []) == good


@pytest.mark.parametrize(
    ("modules", "ring"),
    [
        ({"a": "from .b import f", "b": "from . import c", "c": "import os"}, None),
        ({"a": "from .b import f", "b": "def g():\n    from .a import h"}, "a -> b -> a"),
        ({"a": "from . import b", "b": "if TYPE_CHECKING:\n    import gaussmix.a"}, "a -> b -> a"),
        ({"a": "import gaussmix.b", "b": "from gaussmix.a import f"}, "a -> b -> a"),
        ({"a": "from .p import f", "p/__init__": "from ._q import f", "p/_q": "from ..a import A"},
         "a -> p -> p._q -> a"),
        ({"__init__": "from .a import f", "a": "from . import _core", "_core": ""}, None),
        ({"__init__": "from .a import f", "a": "from . import info"}, "gaussmix -> a -> gaussmix"),
    ],
)  # fmt: skip
def test_a_ring_of_imports_is_named(
    tmp_path: Path, write: Write, modules: dict[str, str], ring: str | None
) -> None:
    for name, text in modules.items():
        write(f"python/gaussmix/{name}.py", text)
    problems = [problem.replace("gaussmix.", "") for problem in layering.ring_problems(tmp_path)]
    assert problems == ([f"python/gaussmix: a ring of imports: {ring}"] if ring else [])


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ('def fit(covariance_type="full"): ...', True),
        ('if covariance_type == "tied": ...', False),
        ('if covariance_type not in ("full", "other"): ...', False),
        ('match family:\n    case "diag" | "x": ...', False),
        ('NAMES = ("full", "tied")', False),
        ("NAMES = _core.families()", True),
    ],
)
def test_the_package_knows_no_family_by_name(
    tmp_path: Path, write: Write, text: str, good: bool
) -> None:
    write("python/gaussmix/a.py", text)
    assert (layering.python_family_problems(tmp_path) == []) == good


def test_the_oracle_does_not_lean_on_what_it_judges(tmp_path: Path, write: Write) -> None:
    write("tests/support/reference.py", "import numpy as np\nfrom dataclasses import dataclass\n")
    assert layering.python_import_problems(tmp_path) == []
    write("tests/support/reference.py", "import gaussmix\n")
    assert layering.python_import_problems(tmp_path) == [
        "tests/support/reference.py:1: the oracle imports gaussmix: only NumPy"
    ]


@pytest.mark.parametrize("flag", layering.FORBIDDEN_FLAGS)
@pytest.mark.parametrize("file", ["pyproject.toml", "cmake/Isa.cmake", "cpp/CMakeLists.txt"])
def test_builds_have_no_careless_flags(tmp_path: Path, write: Write, file: str, flag: str) -> None:
    write(file, f"# flags\nset(FLAGS {flag})\n")
    assert layering.build_flag_problems(tmp_path) == [f"{file}:2: the flag {flag}"]


def test_an_object_that_leaks_a_weak_symbol_is_seen(tmp_path: Path) -> None:
    compiler = shutil.which("c++")
    if compiler is None or shutil.which("nm") is None:
        pytest.skip("needs c++ and nm")
    objects = []
    for name, code in {
        "one": "extern const int table; const int table = 1;",
        "leaky": "template <class T> T twice(T x) { return x + x; }\n"
        "extern int (*const table)(int); int (*const table)(int) = twice<int>;",
    }.items():
        source = tmp_path / f"{name}.cpp"
        source.write_text(code, encoding="utf-8")
        objects.append(source.with_suffix(".o"))
        subprocess.run([compiler, "-c", source, "-o", objects[-1]], check=True)
    (problem,) = layering.export_problems(objects)
    assert problem.startswith("leaky.o: exports 2 symbols")
    assert "twice<int>" in problem
