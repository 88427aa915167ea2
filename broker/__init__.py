"""The broker, and beside it the two programs of its counterparties. Holds no code: a tour.

What the parties say to each other, pure, read in this order:

- `errors`: what this package raises.
- `members`: readers of one JSON member each.
- `binding`: `cb`, which ties a message to sender, receiver, moment and checkpoint.
- `jwe`: sealing bytes to a key, and the one header we accept.
- `envelope`: a whole message: padded, signed, sealed, with a receipt; and every check on it.
- `asked`, `question`: what is inside the seal, and `q`, by which the log commits to it.

The broker itself: `settings`, `db`, `store`, `agencies` (whom it asks and with which keys),
`accesses` (log first), `verification` (one request's path), `dispatch` (sends), `requests`,
`problems` (all HTTP statuses), `web`, `logging`, `serving`, `wiring`, `app`, `cli`.

The others:

- `gateway/`: the agency's side; checks, asks its registry, seals the answer.
- `programme/`: the asking side; checks and opens answers, decides, shows its portal.
- `demo/`: all of them on one machine, with invented people.

`gateway` and `programme` use the pure files and never the broker's app, database or stores.
"""
