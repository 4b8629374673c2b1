"""Verifies tokens as a consumer with one of the libraries of Python.

usage: verify.py LIBRARY JWKS_URL ISSUER     reads one token a line from standard input

Prints a line for each: {"sub": "…"}, or {"refused": "the error"}.
"""

import json
import sys
import urllib.request

ALGORITHMS = ["ES256", "EdDSA"]


def fetch(url):
    return json.load(urllib.request.urlopen(url))


def checked(header, claims):
    """Checks what the library does not, and returns the account's id."""
    if header["typ"] not in ("JWT", "at+jwt") or claims["token_type"] != "access":
        raise ValueError("not an access token")
    return claims["sub"]


def authlib(url, issuer):
    from authlib.jose import JsonWebKey, JsonWebToken

    wanted = {"iss": {"essential": True, "value": issuer}, "exp": {"essential": True}}

    def verify(token):
        claims = JsonWebToken(ALGORITHMS).decode(token, JsonWebKey.import_key_set(fetch(url)), claims_options=wanted)
        claims.validate(leeway=30)
        return checked(claims.header, claims)

    return verify


def authlib_rfc9068(url, issuer):
    from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
    from joserfc.jwk import KeySet

    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return KeySet.import_key_set(fetch(url))

    validator = Validator(issuer, resource_server=issuer)

    def verify(token):
        claims = validator.authenticate_token(token)
        validator.validate_token(claims, [], None)
        return claims["sub"]

    return verify


def flask_jwt_extended(url, issuer):
    import jwt
    from flask import Flask
    from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required

    app = Flask("consumer")
    app.config.update(JWT_ALGORITHM="ES256", JWT_DECODE_ALGORITHMS=ALGORITHMS, JWT_DECODE_ISSUER=issuer)
    keys = jwt.PyJWKClient(url)

    @JWTManager(app).decode_key_loader
    def key(header, _claims):
        try:
            return keys.get_signing_key(header.get("kid")).key
        except jwt.PyJWKClientError as error:
            # Else the answer is 500.
            raise jwt.InvalidTokenError("unknown key") from error

    @app.get("/")
    @jwt_required()
    def sub():
        return get_jwt_identity()

    def verify(token):
        answer = app.test_client().get("/", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            raise ValueError(f"{answer.status} {answer.json['msg']}")
        return answer.text

    return verify


def joserfc(url, issuer):
    from joserfc import jwt
    from joserfc.jwk import KeySet

    exact = jwt.JWTClaimsRegistry(leeway=30, iss={"essential": True, "value": issuer}, exp={"essential": True})

    def verify(token):
        # EdDSA is not among its defaults.
        decoded = jwt.decode(token, KeySet.import_key_set(fetch(url)), algorithms=ALGORITHMS)
        exact.validate(decoded.claims)
        return checked(decoded.header, decoded.claims)

    return verify


def simplejwt(url, issuer):
    import django
    from django.conf import settings

    # It verifies one algorithm, and reads `token_type` and `user_id` by default.
    algorithm = fetch(url)["keys"][0]["alg"]
    settings.configure(
        SECRET_KEY="of the consumer, signs nothing here",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
        SIMPLE_JWT={"ALGORITHM": algorithm, "JWK_URL": url, "ISSUER": issuer, "SIGNING_KEY": None},
    )
    django.setup()
    from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

    authentication = JWTStatelessUserAuthentication()

    def verify(token):
        return authentication.get_user(authentication.get_validated_token(token)).id

    return verify


def main():
    library, url, issuer = sys.argv[1:]
    verify = globals()[library](url, issuer)
    for line in sys.stdin:
        try:
            answer = {"sub": verify(line.strip())}
        except Exception as error:
            answer = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
