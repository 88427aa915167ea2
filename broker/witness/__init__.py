"""A witness: a program of an independent party that vouches for the log. Holds no code: a tour.

It sees checkpoints and proofs, never an entry. The rules are `audit.witness`'s, pure.

- `settings`, `setup`: one TOML file; the first start makes its key.
- `store`, `migrations`: the last checkpoint that it cosigned, for each log.
- `desk`: compare, remember and cosign in one step.
- `app`: C2SP tlog-witness over HTTP.
"""
