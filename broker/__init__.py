"""The broker, and beside it the two programs of its counterparties. Holds no code: a tour.

What the parties say to each other, pure, read in this order:

- `errors`: what this package raises.
- `members`: readers of one JSON member each.
- `binding`: `cb`, which ties a message to sender, receiver, moment and checkpoint.
- `jwe`: sealing bytes to a key, and the one header we accept.
- `envelope`: a whole message: padded, signed, sealed, with a receipt; and every check on it.
- `asked`, `question`: what is inside the seal, and `q`, by which the log commits to it.

The broker itself, in the order of a request's path:

- `web`, `bodies`, `auth`, `problems`, `openapi`: the API, who calls it, and how it says no.
- `requests`, `admission`: what is asked, remembered once, and whether it is taken up.
- `verification`: one verification, step by step; `asking`: what it works with.
- `accesses`: log first. `agencies`, `fetching`, `dispatch`: seal and carry.
- `outcomes`: what came of it.
- `programmes`, `commitments`: a programme's formulas and decisions. `keybook`: every key, logged.

Beside it: `auditing` (`auditing_web`) opens random samples of accesses to auditors.

And what it stands on: `reach`, `tables`, `settings`, `db`, `migrate`, `store`, `identity`, `setup`,
`readers`, `health`, `logging`, `serving`, `spoken`, `papers`, `wiring` (all parts, put together),
`app` (the routes), `cli`, `commands/`, `doctor/`.

The others:

- `gateway/`: the agency's side; checks, asks its registry, seals the answer.
- `programme/`: the asking side; checks and opens answers, decides, shows its portal.
- `demo/`: all of them on one machine, with invented people.

`gateway` and `programme` use the pure files and never the broker's app, database or stores.
"""
