// A real authorization server: `node oidc-provider.mjs PORT`, at http://127.0.0.1:PORT until it is ended.
//
//   client                 access tokens (RFC 9068, at+jwt) signed with
//   agent-rs256            RS256
//   agent-es256            ES256
//
// Both clients may ask for `mcp:read` and `mcp:write` at any of RESOURCES, by client credentials with a resource
// indicator. oidc-provider has no call for rotating keys, so a new Provider takes the place of the old one:
//   POST /control/rotate    new keys sign, the old ones stay published
//   POST /control/replace   new keys sign, the old ones are gone
// Both answer with the published key ids, once the new keys are published.
import http from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { errors, Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const RESOURCES = ['https://mcp.example.com/mcp', 'https://other.example.com/mcp'];
const SCOPES = 'mcp:read mcp:write';
const SIGNED_WITH = { 'agent-rs256': 'RS256', 'agent-es256': 'ES256' };

let generation = 0;
async function freshKeys() {
  generation += 1;
  const run = process.pid; // a restarted issuer must not reuse a key id
  return Promise.all(Object.values(SIGNED_WITH).map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...await exportJWK(privateKey), alg, use: 'sig', kid: `${alg}-${run}-${generation}` };
  }));
}

function provider(keys) {
  const clients = Object.keys(SIGNED_WITH).map((client_id) => ({
    client_id,
    client_secret: `${client_id}-secret`,
    scope: SCOPES,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }));
  const built = new Provider(issuer, {
    clients,
    jwks: { keys },
    scopes: SCOPES.split(' '),
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource, client) {
          if (!RESOURCES.includes(resource)) throw new errors.InvalidTarget();
          return {
            audience: resource,
            scope: SCOPES,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: SIGNED_WITH[client.clientId] } },
          };
        },
      },
    },
  });
  built.on('server_error', (_context, error) => console.error('server_error', error));
  return built.callback();
}

let keys = await freshKeys();
let serve = provider(keys);

const rotations = {
  '/control/rotate': async () => [...await freshKeys(), ...keys], // the first key of an algorithm signs
  '/control/replace': freshKeys,
};

http.createServer(async (request, response) => {
  const rotation = request.method === 'POST' && rotations[request.url];
  if (!rotation) return serve(request, response);
  keys = await rotation();
  serve = provider(keys);
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(keys.map((key) => key.kid)));
}).listen(port, '127.0.0.1', () => console.log('issuer', issuer));
