"""The figures, each beside its baseline in the same run: `make bench`. Holds no code: a tour.

`__main__` reads the options and runs the rows in order; `row`, `timing`, `report` are what every
row uses. Then a file for each subject: `appending`, `messages`, `policy`, `pages` need nothing
but themselves; `tokens` and `verification` talk to real servers (`servers`, `plain`, `peer`);
`proving`, `verifying` and `tracing` share one long log (`long_log`); `demo` runs the whole story.

A row says what was measured and against what; where it misses its target, the report says why.
"""
