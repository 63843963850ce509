"""The estimators: mixtures as scikit-learn has them, fitted by the functional API.

The only folder that imports scikit-learn. Its classes are imported from `gaussmix` itself.
"""

try:
    import sklearn as _  # noqa: F401
except ImportError as error:
    raise ImportError(
        "the estimators need scikit-learn 1.6 or newer: pip install 'gaussmix[sklearn]'"
    ) from error
