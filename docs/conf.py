"""The documentation site.

    pip install '.[docs]'
    sphinx-build -W --keep-going docs build/docs

Nothing is fetched from anywhere: formulas are MathML, and the gallery's data come with packages.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ziamath

import gaussmix

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

MATH_FONT = "STIXTwoMath-Regular.ttf"

project = "gaussmix"
author = "The gaussmix developers"
copyright = f"2026, {author}"  # noqa: A001
release = version = gaussmix.__version__

extensions = [
    "core_source",
    "cpp_api",
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_ext", "figures", "gallery", "auto_gallery/*.ipynb", "auto_gallery/*.py"]

html_theme = "furo"
html_title = f"gaussmix {release}"
# A font for formulas, as few systems have one: that of ziamath (STIX Two Math).
html_static_path = ["_static", str(Path(ziamath.__file__).parent / "fonts" / MATH_FONT)]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_mock_imports = ["dask", "mpi4py", "pyspark"]  # engines that may not be there
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": "/plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": ("_repr_html_", "__repr__"),
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
}
