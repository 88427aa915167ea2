"""The asking side: a client library for programmes, and the Perlinsos portal as its example.

Read `applications` first: one application from beginning to outcome.

Pure: `request` (what a formula needs asked, as `authorization_details`, and what was granted of
it), `returning` (what the browser brings back), `answers` (every check on what came back, then
open it), `deciding` (formula, reasons, the digest that the log gets), `statements` (what a
programme signs), `committed` (whether the log holds it), `outcome` and `words` (what is shown).

`oauth_keys` and `client` speak to the broker: PAR, code, token, verification, commitments.
`identity` and `setup` are the programme's own keys; `settings`, `store`, `migrations`, `vault`
(sealed at rest) and `records` its own database. `wiring` puts it together, `portal/` shows it,
`cli` serves it.

It runs without the broker's application and database, and believes nothing of the broker but
what the trust file, made from the paper agreement, lets it verify. This docstring is the tour;
the file holds no code.
"""
