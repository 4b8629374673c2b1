// Verifies tokens as a consumer with one of the libraries of Node.js. Used as verify.py.
import { createPublicKey } from "node:crypto";
import { createInterface } from "node:readline";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";

const [library, url, issuer] = process.argv.slice(-3);

// `typ` is checked by jose, so a refresh token is refused by its header.
const keys = createRemoteJWKSet(new URL(url));
const withJose = (typ) => async (token) => {
  const { payload } = await jwtVerify(token, keys, { algorithms: ["ES256", "EdDSA"], issuer, typ, clockTolerance: 30 });
  if (payload.token_type !== "access") throw new Error("not an access token");
  return payload.sub;
};

// It does not know EdDSA.
const withJsonwebtoken = async (token) => {
  const { header } = jsonwebtoken.decode(token, { complete: true }) ?? {};
  const set = await (await fetch(url)).json();
  const key = set.keys.find(({ kid }) => kid === header?.kid);
  if (!key) throw new Error("unknown key");
  const claims = jsonwebtoken.verify(token, createPublicKey({ key, format: "jwk" }), {
    algorithms: ["ES256"],
    issuer,
    clockTolerance: 30,
  });
  if (!["JWT", "at+jwt"].includes(header.typ) || claims.token_type !== "access") throw new Error("not an access token");
  return claims.sub;
};

const verify = { jose: withJose("JWT"), jose_rfc9068: withJose("at+jwt"), jsonwebtoken: withJsonwebtoken }[library];
for await (const token of createInterface({ input: process.stdin })) {
  const answer = await verify(token).then(
    (sub) => ({ sub }),
    (error) => ({ refused: `${error.name}: ${error.message}` }),
  );
  console.log(JSON.stringify(answer));
}
