"""The authorization server: Authlib's skeleton, with one file per specification.

Reading order, along one request: `requests` (a form read strictly), `spending` (what it uses up),
`clients`, `client_auth` (RFC 7523), `dpop_binding` (RFC 9449), `rar` (RFC 9396), `grant_management`
(merge and replace), `pkce` (RFC 7636), `par` (RFC 9126), `authorize` (the person's part: she is
asked, and sent back), `issuer` (RFC 9207), `authorization_code`, `refresh_token` and
`client_credentials` (RFC 6749, to tokens), `token_response`, `about_tokens` and on it
`introspection` (RFC 7662) and `token_revocation` (RFC 7009), `grants_api` (a client's grants),
`metadata` (RFC 8414, 9728, 7517), `errors`, `server` (all of it as one Authlib server), `routes`
(the endpoints for machines).

Authlib's hooks sit in a set and run in no order, so nothing here hangs on one: each check is a
call in a method that is read from top to bottom.
"""
