/**
 * An OpenID provider for tests: oidc-provider, certified by the OpenID Foundation, with accounts
 * that a test sets. usage: node server.js '{"port": 0, "redirect_uri": "...", ...}'
 */

import { generateKeyPairSync, createPrivateKey, sign } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${given.port}`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: "jwk" }), kid: "of-the-test", use: "sig", alg: "RS256" };

/** Whoever signs in next. */
let person = { sub: "1", name: "kim", groups: [], acr: "password" };
const people = new Map();

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "radiograde",
      client_secret: "secret-of-the-test",
      redirect_uris: [given.redirect_uri],
      post_logout_redirect_uris: [given.page_url],
      backchannel_logout_uri: given.back_channel,
      backchannel_logout_session_required: true,
    },
    { client_id: "another", client_secret: "secret-of-another", redirect_uris: [given.redirect_uri] },
  ],
  jwks: { keys: [jwk] },
  cookies: { keys: ["of-the-test"] },
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  acrValues: ["password", "two-factor"],
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        ctx.body = `<html><body>${form}</body></html>`;
      },
    },
  },
  findAccount: (_, sub) => {
    const { name, groups } = people.get(sub);
    return { accountId: sub, claims: () => ({ sub, preferred_username: name, groups }) };
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (details.prompt.name === "login") {
    const login = { accountId: person.sub, acr: person.acr };
    return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope("openid profile groups");
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

async function body(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

/** Return a token of these claims, signed as the provider signs. */
function signed({ header, claims }) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const begin = `${encode({ alg: "RS256", kid: jwk.kid, ...header })}.${encode(claims)}`;
  return `${begin}.${sign("sha256", Buffer.from(begin), createPrivateKey({ key: jwk, format: "jwk" })).toString("base64url")}`;
}

const handle = provider.callback();
const server = createServer(async (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    await interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else if (request.url === "/test/person") {
    person = await body(request);
    people.set(person.sub, person);
    response.writeHead(204).end();
  } else if (request.url === "/test/sign") {
    response.end(signed(await body(request)));
  } else {
    handle(request, response);
  }
});
server.listen(given.port, "127.0.0.1", () => console.log(issuer));
