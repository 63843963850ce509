"""Mixtures made of mixtures: of some features, given others, of linear maps; how far two differ.

Reached through methods of `Mixture`, and through `gaussmix.mix`.
"""
