"""Measures gaussmix against the machine and against its peers: ``python -m bench``."""
