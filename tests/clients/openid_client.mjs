// A programme built on the npm package openid-client: one JSON line in, one out, for each turn.
//
// It is told where the broker is and what to ask for; everything else it finds and does with the
// package's own functions. No person here: her browser is the test's.
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (told) => process.stdout.write(JSON.stringify(told) + '\n')
const hear = async () => JSON.parse((await lines.next()).value)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey)
say({ jwk: { kty, crv, x, y, kid: 'one', use: 'sig', alg: 'ES256' } })

const { issuer, client_id, redirect_uri, details, verification } = await hear()
const config = await client.discovery(
  new URL(issuer), client_id, {},
  client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' }),
  { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
)
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))

// The person is asked
const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const authorize = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri,
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  authorization_details: JSON.stringify(details),
}, { DPoP })
say({ authorize: authorize.href })
const { callback } = await hear()

// Her answer becomes a token, and the agencies are asked
const checks = { pkceCodeVerifier, expectedState }
const tokens = await client.authorizationCodeGrant(config, new URL(callback), checks, {}, { DPoP })
const call = async (token, path, method, body) => {
  const headers = new Headers(body && { 'content-type': 'application/json' })
  const url = new URL(issuer + path)
  const sent = body && JSON.stringify(body)
  const response = await client.fetchProtectedResource(
    config, token, url, method, sent, headers, { DPoP })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : null }
}
const { grant_id } = tokens
const asked = { ...verification, grant_id }
const verified = await call(tokens.access_token, '/v1/verifications', 'POST', asked)

// Later
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP })
const path = `/v1/verifications/${verified.body.verification_id}`
const again = await call(refreshed.access_token, path, 'GET')
const introspected = await client.tokenIntrospection(config, refreshed.access_token)

// Its grant
const scope = 'grant_management_query grant_management_revoke'
const managing = await client.clientCredentialsGrant(config, { scope }, { DPoP })
const grants = new URL(config.serverMetadata().grant_management_endpoint).pathname
const queried = await call(managing.access_token, `${grants}/${grant_id}`, 'GET')
const revoked = await call(managing.access_token, `${grants}/${grant_id}`, 'DELETE')
const ended = await client.tokenIntrospection(config, refreshed.access_token)
await client.tokenRevocation(config, tokens.refresh_token)
let refused
try {
  await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP })
} catch (error) {
  refused = error.error
}
say({ tokens, verified, refreshed, again, introspected, queried, revoked, ended, refused })
