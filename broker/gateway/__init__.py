"""The agency's gateway: takes sealed questions, checks them for itself, answers from the registry.

Reading order: `desk` is one question's whole way. `checks` numbers the fifteen checks and holds
the pure ones, `passed` their results; `checkpoints` (4), `withdrawals` (11), `ledger` with
`asked` and `pins` (12 to 15) are those that remember. `answering` asks the `registry`, `journal`
writes the gateway's own log, `flood` keeps garbage from filling it, `grid` times what leaves.
`broker_log` reads the broker's log over HTTP. `errors` lists every reason of a refusal.

Around that: `settings`, `setup` (first start), `identity` (working keys), `store` and
`migrations` (tables), `wiring` (puts it together), `app` (HTTP), `about` and `cli`.

It runs without the broker's application and database, and believes nothing of the broker but
what the trust file, made from the paper agreement, lets it verify.
"""
