"""Servers of other software, as far as they differ: how they ask, sign, follow, answer and what they take."""
