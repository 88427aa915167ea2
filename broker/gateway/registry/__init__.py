"""The agency's own registry, as its gateway asks it: the NIK, one question, three answers.

Read `adapter` (what every adapter promises), `verdict` (how values become yes, no or unknown),
`statement` (which SQL is accepted), `config` (the gateway's TOML), `sources` (opening databases
read-only), `sql` (the adapter itself).
"""
