"""Where a KEK is kept. Each file is one place and satisfies `keys.kek.KekProvider`.

- `file`: a file on this machine, raw with mode 0600 or protected by a passphrase.

This docstring is the tour; the file holds no code.
"""
