"""Consent: what a person allowed, how it is proven, and what she can do about it.

Nothing here asks an agency anything; this package makes grants and ends them. Read in this
order, the pure files first:

1. `authorization_details`: what a programme wants, as RFC 9396 JSON, and what was granted.
2. `notice`: the exact words the person is shown, and their digest.
3. `parts`: what each agency gets to see of a grant, signed, so that none sees another's.
4. `evidence`: what shows that the person gave it, over a challenge that binds all parts.
5. `grants`: the record and its states: prepared, live, then withdrawn or expired;
   `building`: a new one computed. `allowing`: whether she may still allow it.
6. `receipt`: what she keeps: part A can be shown, part B is the secret trace key.
   `digital_receipt`: the same for machines, signed; `receipt_check`, `status_check` and
   `schema_check`: whoever is shown it checks it, without Izin; `check_words` says it.
7. `tokens`, `dpop`: the programme's access token and the proof that it holds its key.

Then the files that reach a database or the log:

8. `store`: every table, private to this package and `broker.wiring`.
9. `persons`, `attempts`: enrolment, sign-in with a PIN, keys; the lock-out.
10. `tagging`, `appending`: a tag is drawn once; an append whose day turned is made again.
11. `openings`: the sealed openings of the log's digests; `notices`: the words, by their digest.
12. `service`: `Grants`: prepare the row, append to the log, activate; withdrawal; `reconcile`.
    `grant_rows`, `given_again`: the rows it changes. `receipts`: digital receipts, and what
    becomes of their grants. `trace_keys`, `trace_key_rows`: a trace key is replaced.
13. `clients`, `pushed`, `codes`, `sessions`, `replay`: what OAuth and login remember,
    secrets as digests only (`secret_text`). `visits`: how often a programme may ask her.

And the web half, for people and for programmes:

14. `deps`, `web`: what it is given, and `register`, its one entrance.
15. `oauth/`: the authorization server, one file per specification.
16. `session`, `protection`, `pages`, `language`: the cookie, what guards a form, the frame of every
    page. `wording`, `calendar`, `reasons`: the pages' own words, both languages beside each other.
17. `login`; `answers`, `drafts`, `views`, `questions`, `asking_words` (her answers: all on one
    page or one a page); `continuing` (the way back); `screens`, `qr`: grants,
    receipts, withdrawal; `receipt_pages`, `receipt_wording`: what she was shown;
    `tracing`, `telling`: who asked about her; `replacing`, `key_wording`: a new trace key;
    `extension_pages` (with `extending`): a grant that is to hold longer; `change_words`: the
    words of a changed grant. `templates/`, `static/`, `schemas/`.
18. `revocation`: access tokens that ended early.
"""
