#!/usr/bin/env python3
"""Verifies Sihha's access tokens in another service, with only the public keys.

usage: verify_token.py JWKS_URL ISSUER [AUDIENCE]     reads one token a line from standard input

Needs PyJWT with its crypto extra: pip install --require-hashes -r requirements.txt
"""

import json
import sys

import jwt

# Fixed here, never taken from the token (RFC 8725, section 3.1). HS256 must not be in this list.
ALGORITHMS = ["ES256", "EdDSA"]
# Of access tokens. The second one is for a service that runs with --access-token-typ at+jwt.
TYPES = ["JWT", "at+jwt"]


class Verifier:
    """Caches the public keys, and fetches them again if a token names a new one. Create one and keep it."""

    def __init__(self, jwks_url, issuer, audience=None):
        self.issuer = issuer
        self.audience = audience
        # Caches the keys for 5 minutes, as the response's Cache-Control allows.
        self.keys = jwt.PyJWKClient(jwks_url, lifespan=300, timeout=5)

    def access(self, token):
        """Returns the claims of an access token. Raises jwt.PyJWTError if it is not a valid one."""
        key = self.keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.audience,
            leeway=30,  # maximum difference of the two machines' clocks, in seconds
            options={"require": ["exp", "iss", "token_type", "user_id", "role", "is_approved"]},
        )
        # A refresh token has the typ "rt+jwt".
        if jwt.get_unverified_header(token)["typ"] not in TYPES or claims["token_type"] != "access":
            raise jwt.InvalidTokenError("not an access token")
        return claims


def may_prescribe(claims):
    """Returns whether the caller is an approved doctor. An example of a rule."""
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
