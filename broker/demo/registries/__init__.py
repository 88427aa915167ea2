"""The nine agencies' registries of the demo, each in a shape of its own.

For each agency, `NAME.py` says which tables it keeps and which rows the invented people have in
them, and `NAME.toml` beside it is what its gateway asks: the questions' statements. `database`
writes one SQLite file, `calendar` counts months back, `seed` does all of it.
"""
