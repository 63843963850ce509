"""Programs in C, C++ and R, built with the package that Python has, do what Python does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gaussmix
from gaussmix.datasets import load_faithful

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
FAITHFUL = HERE.parents[1] / "python" / "gaussmix" / "data" / "faithful.csv"
DATA = HERE.parent / "data"
WRITTEN = json.loads((DATA / "model_format1.json").read_text("utf-8"))
FAMILIES = ("full", "tied", "diag", "spherical")
SCALARS = {"float32": 1, "float64": 2}


def needed(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} cannot be found")


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def folder(option: str) -> Path:
    found = Path(run(sys.executable, "-m", "gaussmix", option).strip())
    assert found.is_dir()
    return found


def bits(model: gaussmix.Mixture, X: np.ndarray) -> dict[str, list[str]]:
    arrays = {
        name: np.asarray(getattr(model, name)) for name in ("weights", "means", "covariances")
    }
    arrays |= {"history": np.asarray(model.history), "score_samples": model.score_samples(X)}
    return {name: [float(v).hex() for v in array.ravel()] for name, array in arrays.items()}


def bits_of(output: str) -> dict[str, list[str]]:
    """What a program printed with %a."""
    lines = [line.split() for line in output.splitlines()]
    return {name: [float.fromhex(v).hex() for v in values] for name, *values in lines}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the project of this folder, built."""
    needed("cmake", "cc", "c++")
    build = tmp_path_factory.mktemp("hosts")
    run("cmake", "-S", HERE, "-B", build, f"-Dgaussmix_DIR={folder('--cmakedir')}")
    run("cmake", "--build", build)
    return build


@pytest.mark.parametrize("dtype", SCALARS)
@pytest.mark.parametrize("covariance_type", FAMILIES)
def test_c_fits_to_the_same_bits(
    programs: Path, tmp_path: Path, covariance_type: str, dtype: str
) -> None:
    X = np.random.default_rng(5).normal(size=(700, 3)).astype(dtype)
    X[::3] += 4
    X.tofile(tmp_path / "rows")
    family = str(FAMILIES.index(covariance_type))
    shown = run(programs / "bits", tmp_path / "rows", "700", "3", "3", family, str(SCALARS[dtype]))
    model = gaussmix.fit(X, 3, covariance_type=covariance_type, random_state=3)
    assert bits_of(shown) == bits(model, X)


@pytest.mark.parametrize("host", ["c", "cpp"])
def test_the_examples_save_what_python_fits(programs: Path, tmp_path: Path, host: str) -> None:
    X, _ = load_faithful()
    shown = run(programs / host / f"fit_{host}", FAITHFUL, "2", tmp_path / "model.safetensors")
    assert f"```text\n{shown}```" in (EXAMPLES / "README.md").read_text("utf-8")
    model = gaussmix.load(tmp_path / "model.safetensors")
    assert bits(model, X) == bits(gaussmix.fit(X, 2, random_state=0), X)


@pytest.mark.parametrize(("version", "n_arrays"), [(1, 4), (2, 7)])
def test_c_loads_the_committed_files(programs: Path, version: int, n_arrays: int) -> None:
    written = json.loads((DATA / f"model_format{version}.json").read_text("utf-8"))
    shown = bits_of(run(programs / "bits", DATA / f"model_format{version}.safetensors"))
    assert shown == {name: written[name]["values"] for name in shown}
    assert len(shown) == n_arrays


def test_the_interfaces_hold_what_they_promise(programs: Path, tmp_path: Path) -> None:
    run(programs / "interface_c", tmp_path)
    run(programs / "interface_cpp")
    run(programs / "misuse")


@pytest.mark.skipif(sys.platform != "linux", reason="libraries that stay, as Linux has them")
def test_a_plugin_may_be_closed(programs: Path) -> None:
    (plugin,) = programs.glob("*plugin.so")
    run(programs / "plugin_host", plugin)


@pytest.mark.skipif(sys.platform != "linux", reason="the containers of libstdc++")
def test_containers_of_another_layout_are_refused_by_the_linker(tmp_path: Path) -> None:
    needed("c++")
    lib = folder("--libdir")
    flags = ["-std=c++17", "-D_GLIBCXX_DEBUG", f"-I{folder('--includedir')}", f"-L{lib}"]
    source = str(EXAMPLES / "cpp" / "main.cpp")
    command = ["c++", *flags, "-o", str(tmp_path / "app"), source, "-lgaussmix"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "as_with_GLIBCXX_DEBUG" in done.stderr


def test_pkg_config_knows_the_package(tmp_path: Path) -> None:
    needed("pkg-config", "cc")
    path = {"PKG_CONFIG_PATH": str(folder("--libdir") / "pkgconfig")}
    assert run("pkg-config", "--modversion", "gaussmix", **path).strip() == gaussmix.__version__
    flags = run("pkg-config", "--cflags", "--libs", "gaussmix", **path).split()
    lib = run("pkg-config", "--variable=libdir", "gaussmix", **path).strip()
    program = tmp_path / "fit_c"
    run("cc", EXAMPLES / "c" / "main.c", "-o", program, *flags, f"-Wl,-rpath,{lib}")
    assert "weight 0.644" in run(program, FAITHFUL, "2", tmp_path / "model.safetensors")


def test_a_project_takes_the_sources_in(tmp_path: Path) -> None:
    needed("cmake", "c++")
    (tmp_path / "CMakeLists.txt").write_text(
        f"""
        cmake_minimum_required(VERSION 3.20)
        project(parent LANGUAGES CXX)
        add_subdirectory("{HERE.parents[1].as_posix()}" gaussmix)
        add_executable(app "{EXAMPLES.as_posix()}/cpp/main.cpp")
        target_link_libraries(app PRIVATE gaussmix::gaussmix)
        get_target_property(type gaussmix::gaussmix TYPE)
        message(STATUS "a ${{type}}, build type '${{CMAKE_BUILD_TYPE}}'")
        """,
        encoding="utf-8",
    )
    shown = run("cmake", "-Werror=dev", "-S", tmp_path, "-B", tmp_path / "build")
    assert "a STATIC_LIBRARY, build type ''" in shown


def test_what_a_parent_sets_does_not_reach_the_core(tmp_path: Path) -> None:
    """Fast mathematics, joined sources, no optimisation: the same machine code."""
    needed("cmake", "ninja")
    settings = {
        "plain": "",
        "fast": 'set(CMAKE_CXX_FLAGS "${CMAKE_CXX_FLAGS} -ffast-math")\nset(CMAKE_UNITY_BUILD ON)',
    }
    basic = gaussmix.info()["instruction_sets"][0]
    for name, setting in settings.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "CMakeLists.txt").write_text(
            f"""
            cmake_minimum_required(VERSION 3.20)
            project(parent LANGUAGES CXX)
            {setting}
            add_subdirectory("{HERE.parents[1].as_posix()}" gaussmix)
            """,
            encoding="utf-8",
        )
        run(
            "cmake", "-G", "Ninja", "-S", tmp_path / name, "-B", tmp_path / name / "build",
            f"-DGAUSSMIX_ONLY={basic}", "-DCMAKE_BUILD_TYPE=", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        )  # fmt: skip
    entries = json.loads((tmp_path / "fast/build/compile_commands.json").read_text("utf-8"))
    core = [entry for entry in entries if "gaussmix.dir" in entry["command"]]
    assert len(core) > 50
    for entry in core:
        flags = entry["command"].split()
        assert flags.index("-fno-fast-math") > flags.index("-ffast-math")
        assert "-O3" in flags

    # Where it would show most: sums, tests for NaN, roots.
    objects = [
        f"gaussmix/cpp/CMakeFiles/gaussmix.dir/src/{source}.cpp.o"
        for source in (f"kernels/isa/{basic}", "rows/finite", "linalg/triangular")
    ]
    for name in settings:
        run("cmake", "--build", tmp_path / name / "build", "--target", *objects)
    for object_file in objects:
        plain, fast = (tmp_path / name / "build" / object_file for name in settings)
        assert plain.read_bytes() == fast.read_bytes(), object_file


def instruction_sets(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """What the build chooses on a platform that CMake tells of by these variables."""
    needed("cmake")
    cmake = (HERE.parents[1] / "cmake").as_posix()
    (tmp_path / "ask.cmake").write_text(
        f"""
        foreach(name IN ITEMS {" ".join(settings)})
          set(${{name}} "${{SET_${{name}}}}")
        endforeach()
        include("{cmake}/Compiler.cmake")
        include("{cmake}/InstructionSets.cmake")
        message("${{GAUSSMIX_INSTRUCTION_SETS}} ${{GAUSSMIX_EXACT_FLAGS}}")
        """,
        encoding="utf-8",
    )
    given = [f"-DSET_{name}={value}" for name, value in settings.items()]
    command = ["cmake", *given, "-P", str(tmp_path / "ask.cmake")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CMAKE_SYSTEM_PROCESSOR": "x86_64"}, "baseline;avx2;avx512 -fno-fast-math"),
        (
            {"CMAKE_SYSTEM_PROCESSOR": "x86_64", "CMAKE_SIZEOF_VOID_P": "4"},
            "baseline -fno-fast-math",
        ),
        ({"CMAKE_SYSTEM_PROCESSOR": "i686"}, "-mfpmath=sse"),
        ({"CMAKE_SYSTEM_PROCESSOR": "aarch64"}, "neon -fno-fast-math"),
        (
            {
                "APPLE": "1",
                "CMAKE_SYSTEM_PROCESSOR": "arm64",
                "CMAKE_OSX_ARCHITECTURES": "x86_64",
            },
            "baseline;avx2;avx512 -fno-fast-math",
        ),
        (
            {
                "APPLE": "1",
                "CMAKE_SYSTEM_PROCESSOR": "x86_64",
                "CMAKE_OSX_ARCHITECTURES": "arm64",
            },
            "neon -fno-fast-math",
        ),
        (
            {"CMAKE_SYSTEM_PROCESSOR": "AMD64", "CMAKE_CXX_COMPILER_FRONTEND_VARIANT": "MSVC"},
            "baseline;avx2;avx512 /clang:-fno-fast-math",
        ),
    ],
)
def test_kernels_are_those_of_the_target(
    tmp_path: Path, settings: dict[str, str], expected: str
) -> None:
    done = instruction_sets(tmp_path, **settings)
    assert done.returncode == 0
    assert expected in done.stderr


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"CMAKE_CXX_COMPILER_ID": "MSVC"}, "use clang-cl"),
        ({"APPLE": "1", "CMAKE_OSX_ARCHITECTURES": "x86_64;arm64"}, "join"),
    ],
)
def test_builds_that_cannot_be_are_refused_at_once(
    tmp_path: Path, settings: dict[str, str], remedy: str
) -> None:
    done = instruction_sets(tmp_path, **settings)
    assert done.returncode != 0
    assert remedy in done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/hosts.md"])
def test_what_the_pages_show_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("cc", "c++")
    monkeypatch.chdir(tmp_path)
    text = (HERE.parents[1] / page).read_text("utf-8")
    blocks = re.findall(r"^```(c|cpp)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks
    lib = folder("--libdir")
    for language, source in blocks:
        Path(f"main.{language}").write_text(source, encoding="utf-8")
        compiler = ["c++", "-std=c++17"] if language == "cpp" else ["cc", "-std=c99"]
        flags = ["-Wall", "-Wextra", "-Werror", f"-I{folder('--includedir')}", "-o", "main"]
        run(*compiler, *flags, f"main.{language}", f"-L{lib}", "-lgaussmix", f"-Wl,-rpath,{lib}")
        assert run("./main")


@pytest.fixture(scope="module")
def r_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The R package of examples/r, installed in a library of its own."""
    needed("R", "Rscript", "pkg-config", "cc")
    place = tmp_path_factory.mktemp("r")
    shutil.copytree(EXAMPLES / "r", place / "source")
    (place / "library").mkdir()
    path = str(folder("--libdir") / "pkgconfig")
    library = f"--library={place / 'library'}"
    run("R", "CMD", "INSTALL", library, place / "source", PKG_CONFIG_PATH=path)
    return place / "library"


R_BITS = """
library(gaussmix)
x <- matrix(readBin("rows", "double", 2100), ncol = 3, byrow = TRUE)
show <- function(name, values) cat(name, sprintf("%a", values), "\\n")
model <- gm_fit(x, 3, covariance_type = "FAMILY", seed = 3)
gm_save(model, "r.safetensors")
show("score_samples", predict(model, x, "density"))
show("weights", coef(model)$weights)
cat("labels", predict(model, x), "\\n")
cat("probabilities", sprintf("%a", predict(model, x, "prob")[2, ]), "\\n")
"""


@pytest.mark.parametrize("covariance_type", FAMILIES)
def test_r_fits_to_the_same_bits(
    r_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, covariance_type: str
) -> None:
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(5).normal(size=(700, 3))
    X[::3] += 4
    X.tofile("rows")
    script = R_BITS.replace("FAMILY", covariance_type)
    lines = run("Rscript", "-e", script, R_LIBS=str(r_library)).splitlines()
    labels = [int(v) - 1 for v in lines[2].split()[1:]]
    model = gaussmix.fit(X, 3, covariance_type=covariance_type, random_state=3)
    expected = bits(model, X)
    assert bits_of("\n".join(lines[:2])) == {
        name: expected[name] for name in ("score_samples", "weights")
    }
    assert labels == model.predict(X).tolist()
    shown = [float.fromhex(v) for v in lines[3].split()[1:]]
    assert shown == model.predict_proba(X)[1].tolist()
    assert bits(gaussmix.load("r.safetensors"), X) == expected


def test_r_selects_and_leaves_noise_out_as_python_does(
    r_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    X = np.concatenate([rng.normal(size=(300, 2)), rng.normal(6, 1, size=(300, 2))])
    X = np.concatenate([X, rng.uniform(-20, 30, size=(100, 2))])
    X.tofile("rows")
    script = """
        library(gaussmix)
        x <- matrix(readBin("rows", "double", 1400), ncol = 2, byrow = TRUE)
        s <- gm_select(x, 1:3, c("VVV", "EEI", "vii"), seed = 3, noise = TRUE)
        cells <- s$cells[order(s$cells$covariance_type, s$cells$n_components), ]
        cat("bic", sprintf("%a", cells$bic), "\\n")
        cat("weight", sprintf("%a", coef(s$best)$noise_weight), "\\n")
        m <- gm_fit(x, 2, seed = 3, noise = list(weight = 0.1))
        cat("weight", sprintf("%a", coef(m)$noise_weight), "\\n")
        cat("labels", predict(m, x), "\\n")
    """.replace('"vii"', '"spherical"')
    lines = run("Rscript", "-e", script, R_LIBS=str(r_library)).splitlines()
    numbers = [[float.fromhex(v) for v in line.split()[1:]] for line in lines[:3]]
    s = gaussmix.select(
        X, [1, 2, 3], covariance_types=["EEI", "VII", "VVV"], random_state=3, noise=True
    )
    assert numbers[0] == s.table.T.ravel().tolist()
    assert numbers[1] == [s.best.noise_weight]
    m = gaussmix.fit(X, 2, random_state=3, noise=gaussmix.Noise(weight=0.1))
    assert numbers[2] == [m.noise_weight]
    assert [int(v) - 1 for v in lines[3].split()[1:]] == m.predict(X).tolist()


def test_r_knows_labels_and_keeps_what_is_fixed_as_python_does(
    r_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(6)
    truth = rng.integers(3, size=600)
    X = rng.normal(size=(600, 2)) + 3 * truth[:, None]
    X.tofile("rows")
    labels = np.where(np.arange(600) % 20 == 0, truth, -1)
    (labels + 1).astype(np.float64).tofile("labels")
    script = """
        library(gaussmix)
        x <- matrix(readBin("rows", "double", 1200), ncol = 2, byrow = TRUE)
        l <- readBin("labels", "double", 600)
        l[l == 0] <- NA
        show <- function(m) cat(sprintf("%a", c(coef(m)$weights, t(coef(m)$means))), "\\n")
        m <- gm_fit(x, 3, labels = l, seed = 3, noise = TRUE)
        show(m)
        show(gm_fit(x, 3, labels = factor(letters[l]), seed = 3))
        allowed <- matrix(TRUE, 600, 3)
        allowed[1:50, 2:3] <- FALSE
        show(gm_fit(x, 3, labels = l, allowed = allowed | !is.na(l), seed = 3))
        bounds <- list(weights = c(0.1, 0.34), variances = c(0, 0.9))
        show(gm_fit(x, start = m, fixed = list(means = 2, covariances = "all"), bounds = bounds))
        wrong <- function(...) tryCatch(gm_fit(x, 3, ...), error = identity)
        said <- function(...) cat(conditionMessage(wrong(...)), "\\n")
        said(fixed = list(means = 4))
        said(bounds = list(weight = c(0, 1)))
        said(bounds = list(weights = 1))
        said(labels = c(4, l[-1]))
        said(allowed = allowed[-1, ])
        said(fixed = list(means = 1))
    """
    lines = run("Rscript", "-e", script, R_LIBS=str(r_library)).splitlines()
    m = gaussmix.fit(X, 3, labels=labels, random_state=3, noise=True)
    allowed = np.ones((600, 3), bool)
    allowed[:50, 1:] = False
    allowed |= labels[:, None] >= 0
    expected = [
        m,
        gaussmix.fit(X, 3, labels=labels, random_state=3),
        gaussmix.fit(X, 3, labels=labels, allowed=allowed, random_state=3),
        gaussmix.fit(
            X,
            init=m,
            fixed={"means": [1], "covariances": "all"},
            bounds={"weights": (0.1, 0.34), "variances": (0, 0.9)},
            random_state=0,
        ),
    ]
    for line, model in zip(lines[:4], expected, strict=True):
        shown = [float.fromhex(v) for v in line.split()]
        assert shown == [*model.weights, *model.means.ravel()]
    for line, words in zip(
        lines[4:],
        (
            'fixed$means must be components, 1 to 3, or "all"',
            "bounds must be a list with some of the names weights, variances",
            "bounds must have pairs: c(least, most)",
            "labels must have a component, 1 to 3, or NA, for each of the 600 rows",
            "allowed must be a logical matrix of 600 rows and 3 columns, without NA",
            "start",
        ),
        strict=True,
    ):
        assert words in line


def test_r_loads_the_committed_file(r_library: Path) -> None:
    script = f"""
        library(gaussmix)
        p <- coef(gm_load("{DATA.as_posix()}/model_format1.safetensors"))
        show <- function(name, values) cat(name, sprintf("%a", values), "\\n")
        show("weights", p$weights)
        show("means", t(p$means))
        show("covariances", p$covariances)
        show("history", p$history)
        cat(p$status, p$n_iter, p$feature_names, "\\n")
    """
    *numbers, facts = run("Rscript", "-e", script, R_LIBS=str(r_library)).splitlines()
    assert bits_of("\n".join(numbers)) == {
        name: WRITTEN[name]["values"] for name in ("weights", "means", "covariances", "history")
    }
    assert facts.split() == [WRITTEN["status"], str(WRITTEN["n_iter"]), *WRITTEN["feature_names"]]


def test_r_scores_by_the_posterior(r_library: Path) -> None:
    path = DATA / "model_format2.safetensors"
    script = f"""
        library(gaussmix)
        model <- gm_load("{path.as_posix()}")
        rows <- coef(model)$means
        cat("score_samples", sprintf("%a", predict(model, rows, "density")), "\\n")
        cat("weight_concentration", sprintf("%a", coef(model)$weight_concentration), "\\n")
    """
    shown = bits_of(run("Rscript", "-e", script, R_LIBS=str(r_library)))
    model = gaussmix.load(path)
    expected = bits(model, model.means)["score_samples"]
    concentration = [float(v).hex() for v in model.posterior.weight_concentration.ravel()]
    assert shown == {"score_samples": expected, "weight_concentration": concentration}


def test_r_check_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed("R", "pkg-config", "cc")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXAMPLES / "r", tmp_path / "gaussmix")
    path = {"PKG_CONFIG_PATH": str(folder("--libdir") / "pkgconfig")}
    run("R", "CMD", "build", "gaussmix", **path)
    assert "Status: OK" in run("R", "CMD", "check", "--no-manual", "gaussmix_0.1.0.tar.gz", **path)


def test_r_runs_its_example(r_library: Path, tmp_path: Path) -> None:
    shown = run("Rscript", EXAMPLES / "r" / "example.R", R_LIBS=str(r_library))
    assert "full covariances, converged" in shown
    assert "eruptions" in shown
    wrong = f"""
        library(gaussmix)
        stopifnot(inherits(try(gm_fit(matrix(c(1, NA, 3)), 2), silent = TRUE), "try-error"))
        cat(geterrmessage())
        try(gm_load("{tmp_path}/missing"), silent = TRUE)
        cat(geterrmessage())
    """
    shown = run("Rscript", "-e", wrong, R_LIBS=str(r_library))
    assert "row 2, column 1" in shown
    assert "missing" in shown
