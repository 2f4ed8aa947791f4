"""Keys of a provider that cannot be used sign nobody in or out, and break nothing."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from radiograde.service.auth.provider import Provider
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.config.sign_in_elsewhere import OidcConfig

ISSUER = "https://sign-on.example"
METADATA = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": ["x"]},
        {"keys": [{}]},
        {"keys": [{"kty": "RSA", "n": 5}]},
        {"keys": [{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}]},
    ],
)
def test_keys_that_cannot_be_read_sign_nobody_out(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any]
) -> None:
    monkeypatch.setattr(
        Provider, "_document", lambda _, url: keys if url.endswith("/keys") else METADATA
    )
    provider = Provider(OidcConfig(issuer=ISSUER, client_id="c", page_url="https://page.example"))
    token = jwt.encode({"alg": "RS256"}, {"iss": ISSUER}, RSAKey.generate_key(2048))
    with pytest.raises(SignOnError, match="keys cannot be read"):
        provider.signed_out(token)
