"""The commands of `izin audit`, one subject a file; `audit.cli` puts them together.

Each reads, lets a pure file judge, and says in plain words what came of it. Exit codes are the
same everywhere: 0 it holds, 1 it does not, 2 the command could not run.
"""
