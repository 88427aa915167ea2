"""The `izin` command's groups, one file each; `broker.cli` names them. Holds no code.

- `plain`: our errors as one sentence; files that are read and written.
- `operate`: init, serve, doctor. `people`: enrol a person at a counter.
- `institutions`: agencies and programmes. `trusting`: the trust files that they need.
- `formulas`: what a programme decides by, made known a day before.
- `keys`: what keys there are; a new one for the log. `inspect`: whether the policy's rows are good.
"""
