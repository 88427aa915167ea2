// A login provider for tests: node oidc-provider with its own development pages, on loopback.
// Environment: PORT; CLIENTS: JSON list of {id, secret, back}; NIKS: JSON of login -> NIK.
// Whoever types a login is that person; the password is not looked at.
import * as oidc from 'oidc-provider'
import { exportJWK, generateKeyPair } from 'jose'

const port = Number(process.env.PORT)
const niks = JSON.parse(process.env.NIKS)
const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const key = { ...(await exportJWK(privateKey)), kid: 'op', alg: 'RS256', use: 'sig' }

const provider = new oidc.Provider(`http://localhost:${port}`, {
  clients: JSON.parse(process.env.CLIENTS).map(({ id, secret, back }) => ({
    client_id: id,
    redirect_uris: [back],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    ...(secret
      ? { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' }
      : { token_endpoint_auth_method: 'none' }),
  })),
  jwks: { keys: [key] },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub', 'nik'] },
  // The NIK stands in the ID token itself: that is what agencies are shown.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, nik: niks[id] }) }),
  ttl: { AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 600, Grant: 600, AccessToken: 300 },
})
provider.listen(port, '127.0.0.1')
