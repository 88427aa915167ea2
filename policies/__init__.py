"""Who may be asked what, why, how often and where; and what the answers lead to.

Reading order: `words`, `frequency`, `catalogue` (agencies and their questions), `purposes`
and `programmes`, `ask` (what a programme requests and what it then asks), `rules` (one frozen
class per rule), `decide` (all rules, a permit or every reason), `eligibility` (the formula),
`policy` (all of it as one value), and `load`, which alone reads files: `located` and `rows`
turn what it reads into the values above, with the line of every mistake. `data/` is the
pilot's policy. Everything but `load` is pure.
"""
