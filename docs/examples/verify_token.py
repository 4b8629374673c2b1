#!/usr/bin/env python3
"""How another service verifies Sihha's access tokens, with nothing but the public keys.

usage: verify_token.py JWKS_URL ISSUER [AUDIENCE]     then one token a line on standard input

Needs PyJWT with its cryptography: pip install --require-hashes -r requirements.txt
"""

import json
import sys

import jwt

# Fixed here, never taken from the token (RFC 8725, section 3.1). HS256 must not be among them.
ALGORITHMS = ["EdDSA", "ES256"]


class Verifier:
    """Make one and keep it: it holds the keys, and asks for them again when a token names a new one."""

    def __init__(self, jwks_url, issuer, audience=None):
        self.issuer = issuer
        self.audience = audience
        # Keeps the keys for 5 minutes, as the answer's Cache-Control allows.
        self.keys = jwt.PyJWKClient(jwks_url, lifespan=300, timeout=5)

    def access(self, token):
        """What an access token says. Raises jwt.PyJWTError for anything else."""
        key = self.keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.audience,
            leeway=30,  # seconds by which two machines' clocks may differ
            options={"require": ["exp", "iss", "token_type", "user_id", "role", "is_approved"]},
        )
        if claims["token_type"] != "access":
            raise jwt.InvalidTokenError("not an access token")
        return claims


def may_prescribe(claims):
    """An example of a rule: a doctor, and one whom staff approved."""
    return claims["role"] == "doctor" and claims["is_approved"] is True


def main():
    verifier = Verifier(*sys.argv[1:])
    for line in sys.stdin:
        try:
            claims = verifier.access(line.strip())
            answer = {"user_id": claims["user_id"], "role": claims["role"], "may_prescribe": may_prescribe(claims)}
        except jwt.PyJWTError as error:
            answer = {"refused": type(error).__name__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
