"""`izin doctor`: look at configuration and environment, and say in plain words what to do.

Changes nothing but what a look needs (a lock, a signature). One finding a check; a check that
cannot be made because an earlier one failed is left out, so that the first thing to do comes
first. Holds no code.

- `finding`: what a check found. `machine`: what every program needs of its machine.
- `others`: what the other institutions' programs say of themselves.
- `broker`, `gateway`, `portal`: the checks of each program, in the order of mending.
"""
