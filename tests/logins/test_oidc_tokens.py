"""Id tokens that must not let anybody in, and keys that change (contract/AUTH.md B4, B14, B18; OpenID Connect
Core 3.1.3.7, RFC 8725).

One Mestral stands many wrong tokens in each test, because a new one costs a second.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.logins.oidc import (
    CALLBACK,
    KEYS,
    Client,
    Fake,
    ask_as_gui,
    asked_of,
    audited,
    back,
    begin,
    claims,
    fake_provider,
    mestral,
    new_key,
    published,
    reason,
    refused,
    sign_in,
)
from tests.servers.start import oidc_faulty

import mestral_auth_oidc.provider


class Switch:
    """The provider whose faults can be chosen.

    Attributes:
        issuer: Its name.
    """

    def __init__(self, issuer: str, control: str) -> None:
        self.issuer = issuer
        self._control = control

    def set(self, **query: str) -> None:
        """Change how it answers from now on."""
        httpx2.put(self._control, params=query).raise_for_status()

    def public_key(self) -> dict[str, Any]:
        """The key that it publishes."""
        (key,) = httpx2.get(f"{self.issuer}/jwks").json()["keys"]
        assert isinstance(key, dict)
        return key


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with oidc_faulty(tmp_path_factory.mktemp("faulty")) as (issuer, control):
        yield Switch(issuer, control)


@pytest.fixture
def faulty(running: Switch) -> Switch:
    """It, without a fault."""
    running.set(fault="none", claims="{}", id_token="", key="first")
    return running


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_provider() as fake:
        yield fake


def log_in(client: Client) -> Any:
    """The whole way there and back."""
    return client.get(sign_in(begin(client), CALLBACK))


def log_in_at(fake: Fake, client: Client) -> Any:
    """The same without pages."""
    return back(client, fake.begun(client))


# -- what the provider does wrong ---------------------------------------------------------------------------


FAULTS = {
    "expired": "expired",
    "wrong_aud": "Audience",
    "wrong_iss": "issuer",
    "wrong_nonce": "nonce",
    "no_sub": "sub",
    "token_error": "the code is refused: invalid_grant",
    "no_access_token": "no bearer token",
    "no_id_token": "no id token",
}


def test_a_faulty_provider(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        for fault, why in FAULTS.items():
            faulty.set(fault=fault)
            assert refused(log_in(client)) == "Can't verify user", fault
            assert why in reason(tmp_path), fault
        faulty.set(fault="none")
        assert claims(log_in(client))["sub"] == "alice"


def test_it_is_no_better_in_the_call_of_todays_gui(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        for fault in ("expired", "wrong_aud", "wrong_iss", "no_sub", "token_error"):
            faulty.set(fault=fault)
            assert refused(ask_as_gui(client)) == "Can't verify user", fault
        assert [result for result, *_ in audited(tmp_path)] == ["refused"] * 5


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"aud": ["autosubmit", "someone-else"]}, "azp"),
    ({"aud": ["autosubmit", "someone-else"], "azp": "someone-else"}, "azp"),
    ({"azp": "someone-else"}, "azp"),
    ({"aud": []}, "aud"),
    ({"aud": None}, "aud"),
    ({"iss": None}, "iss"),
    ({"exp": None}, "exp"),
    ({"iat": None}, "iat"),
    ({"iat": int(time.time()) + 3600}, "iat"),
    ({"nbf": int(time.time()) + 3600}, "nbf"),
    ({"nonce": ""}, "nonce"),
    ({"nonce": ["x"]}, "nonce"),
    ({"at_hash": "of-another-token"}, "at_hash"),
    ({"at_hash": 5}, "at_hash"),
    ({"sub": 5}, "ubject"),
    ({"sub": ""}, "sub"),
]


def test_claims_that_are_not_good(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        for told, why in CLAIMS:
            faulty.set(claims=json.dumps(told))
            assert refused(log_in(client)) == "Can't verify user", told
            assert why in reason(tmp_path), told
        faulty.set(claims="{}")
        assert claims(log_in(client))["sub"] == "alice"


def test_several_audiences_are_good_when_we_are_the_party(faulty: Switch, tmp_path: Path) -> None:
    faulty.set(claims=json.dumps({"aud": ["autosubmit", "someone-else"], "azp": "autosubmit"}))
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        assert claims(log_in(client))["sub"] == "alice"


def test_userinfo_about_somebody_else(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer, username_source="userinfo") as client:
        assert claims(log_in(client))["sub"] == "alice"
        faulty.set(fault="other_sub")
        assert refused(log_in(client)) == "Can't verify user"
    assert "another subject" in reason(tmp_path)


# -- tokens that somebody else made -------------------------------------------------------------------------


def told_by(issuer: str, nonce: str) -> dict[str, Any]:
    """Claims that would be good."""
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": "autosubmit",
        "sub": "alice",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
    }


def by_hand(header: dict[str, Any], told: dict[str, Any], key: bytes | None) -> str:
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, told)]
    signed = b".".join(parts)
    signature = hmac.new(key, signed, hashlib.sha256).digest() if key is not None else b""
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def pem(key: dict[str, Any]) -> bytes:
    public = jwt.PyJWK(key).key
    assert isinstance(public, rsa.RSAPublicKey)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


FORGED: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "none": lambda key, told: by_hand({"alg": "none", "kid": key["kid"]}, told, None),
    "None": lambda key, told: by_hand({"alg": "None"}, told, None),
    "no algorithm": lambda key, told: by_hand({"kid": key["kid"]}, told, None),
    "HS256 with the public key": lambda key, told: by_hand(
        {"alg": "HS256", "kid": key["kid"]}, told, pem(key)
    ),
    "HS256 with the client's secret": lambda _, told: jwt.encode(
        told, "s3cret+s3cret&s3cret=s3cret%s3cret", "HS256"
    ),
    "the key of another": lambda key, told: jwt.encode(told, new_key(), "RS256", headers={"kid": key["kid"]}),
    "an unknown key": lambda _, told: jwt.encode(told, new_key(), "RS256", headers={"kid": "unheard-of"}),
    "a key that it brings": lambda key, told: (
        lambda own: jwt.encode(
            told,
            own,
            "RS256",
            headers={"kid": key["kid"], "jwk": published(own), "jku": "http://evil.example"},
        )
    )(new_key()),
    "another algorithm": lambda key, told: jwt.encode(
        told, ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": key["kid"]}
    ),
    "no token": lambda *_: "not.a.token",
    "no JSON": lambda *_: "e30.e30.e30",
}


def test_forged_tokens(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        for how, forge in FORGED.items():
            there = begin(client)
            told = told_by(faulty.issuer, asked_of(there)["nonce"])
            faulty.set(fault="id_token", id_token=forge(faulty.public_key(), told))
            assert refused(client.get(sign_in(there, CALLBACK))) == "Can't verify user", how
            assert reason(tmp_path).startswith("the id token is not good: "), how


def test_a_signature_of_another_token(faulty: Switch, tmp_path: Path, fake: Fake) -> None:
    with mestral(tmp_path, issuer=fake.issuer) as client:
        state = fake.begun(client)
        header, _, signature = fake.id_token().split(".")
        told = told_by(fake.issuer, fake.nonce) | {"sub": "root"}
        payload = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
        fake.id_token = lambda: f"{header}.{payload}.{signature}"  # type: ignore[method-assign]
        assert refused(back(client, state)) == "Can't verify user"
    assert "ignature" in reason(tmp_path)


# -- keys ---------------------------------------------------------------------------------------------------


def test_a_token_that_names_no_key(faulty: Switch, tmp_path: Path) -> None:
    faulty.set(fault="no_kid")
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        assert claims(log_in(client))["sub"] == "alice"


def test_a_new_key_is_learned_and_the_old_one_forgotten(faulty: Switch, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        assert claims(log_in(client))["sub"] == "alice"
        faulty.set(key="second")
        assert claims(log_in(client))["sub"] == "alice"


def test_a_new_key_is_learned_where_tokens_name_none(faulty: Switch, tmp_path: Path) -> None:
    faulty.set(fault="no_kid")
    with mestral(tmp_path, issuer=faulty.issuer) as client:
        assert claims(log_in(client))["sub"] == "alice"
        faulty.set(key="second")
        assert claims(log_in(client))["sub"] == "alice"


def test_a_key_that_was_withdrawn_is_good_no_more(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mestral_auth_oidc.provider, "KEYS_SECONDS", 0.0)
    with mestral(tmp_path, issuer=fake.issuer) as client:
        assert claims(log_in_at(fake, client))["sub"] == "alice"
        fake.keys = [published(new_key(), kid="two")]
        assert refused(log_in_at(fake, client)) == "Can't verify user"
    assert "names one, and 0" in reason(tmp_path)


def test_keys_are_kept_and_unknown_ones_ask_for_them_once_in_a_while(fake: Fake, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=fake.issuer) as client:
        for _ in range(3):
            assert claims(log_in_at(fake, client))["sub"] == "alice"
        assert (fake.count(KEYS), fake.count("/.well-known/openid-configuration")) == (1, 2)  # 1: its health
        fake.headers = {"kid": "unheard-of"}
        for _ in range(5):
            assert refused(log_in_at(fake, client)) == "Can't verify user"
        assert fake.count(KEYS) == 2
        fake.headers = {"kid": "one"}
        assert claims(log_in_at(fake, client))["sub"] == "alice"


EC, ED = ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()
WEAK = rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(None, "PS256"), (None, "RS512"), (EC, "ES384"), (ED, "EdDSA")],
    ids=["PS256", "RS512", "ES384", "EdDSA"],
)
def test_algorithms(fake: Fake, tmp_path: Path, key: Any, algorithm: str) -> None:
    fake.key, fake.algorithm = key or fake.key, algorithm
    fake.keys = [published(fake.key, algorithm, kid="one", use="sig")]
    fake.claims = {"at_hash": at_hash("access", algorithm)}
    with mestral(tmp_path, issuer=fake.issuer) as client:
        assert claims(log_in_at(fake, client))["sub"] == "alice"
    allowed = "ES256" if algorithm != "ES256" else "RS256"
    (tmp_path / "narrow").mkdir()
    with mestral(tmp_path / "narrow", issuer=fake.issuer, algorithms=[allowed]) as client:
        assert refused(log_in_at(fake, client)) == "Can't verify user"
    assert "`algorithms`" in reason(tmp_path / "narrow")


def at_hash(text: str, algorithm: str) -> str:
    """As OpenID Connect Core 3.1.3.6 says."""
    bits = {"PS256": "sha256", "RS512": "sha512", "ES384": "sha384", "EdDSA": "sha512"}[algorithm]
    digest = hashlib.new(bits, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


UNFIT: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "made for another algorithm": lambda good: [good | {"alg": "PS256"}],
    "made to encrypt": lambda good: [good | {"use": "enc"}],
    "made to sign": lambda good: [good | {"key_ops": ["sign"]}],
    "too short": lambda good: [good | {"n": "AQAB"}],
    "no number": lambda good: [good | {"n": 5}],
    "a secret": lambda _: [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}],
    "no key": lambda _: [{"kid": "one"}],
    "none": lambda _: [],
    "two of one name": lambda good: [good, good],
}


def test_keys_that_do_not_fit(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mestral_auth_oidc.provider, "KEYS_SECONDS", 0.0)
    good = fake.keys[0]
    with mestral(tmp_path, issuer=fake.issuer) as client:
        for how, keys in UNFIT.items():
            fake.keys = keys(good)
            assert refused(log_in_at(fake, client)) == "Can't verify user", how
            assert reason(tmp_path).startswith("the id token is not good: "), how
        fake.keys = [good]
        assert claims(log_in_at(fake, client))["sub"] == "alice"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_weak_key(fake: Fake, tmp_path: Path) -> None:
    fake.key, fake.keys = WEAK, [published(WEAK, kid="one")]
    with mestral(tmp_path, issuer=fake.issuer) as client:
        assert refused(log_in_at(fake, client)) == "Can't verify user"
    assert reason(tmp_path).startswith("the id token is not good: ")


def test_a_token_without_a_name_beside_several_keys(fake: Fake, tmp_path: Path) -> None:
    """It is used only where there is no doubt: one key that fits, whatever others there are."""
    fake.headers = {}
    fake.keys = [published(EC, "ES384"), published(fake.key)]
    with mestral(tmp_path, issuer=fake.issuer) as client:
        assert claims(log_in_at(fake, client))["sub"] == "alice"
    fake.keys = [published(new_key()), published(fake.key)]
    (tmp_path / "two").mkdir()
    with mestral(tmp_path / "two", issuer=fake.issuer) as client:
        assert refused(log_in_at(fake, client)) == "Can't verify user"
    assert "names no key, and 2" in reason(tmp_path / "two")


# -- names --------------------------------------------------------------------------------------------------


def test_groups(fake: Fake, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=fake.issuer, groups_claim="groups") as client:
        for told, groups in (
            (["earth", "", 5, "ops"], ["earth", "ops"]),
            ("earth", ["earth"]),
            (None, []),
            ({"earth": 1}, []),
        ):
            fake.claims = {"groups": told}
            assert claims(log_in_at(fake, client))["groups"] == groups


def test_an_address_that_the_provider_did_not_verify_is_no_name(fake: Fake, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=fake.issuer, username_claim="email") as client:
        fake.claims = {"email": "bob@example.org", "email_verified": True}
        assert claims(log_in_at(fake, client))["user_id"] == "bob@example.org"
        fake.claims["email_verified"] = False
        assert refused(log_in_at(fake, client)) == "Can't verify user"


def test_names_that_are_none(fake: Fake, tmp_path: Path) -> None:
    with mestral(tmp_path, issuer=fake.issuer, username_claim="account") as client:
        for name in ("", None, 5, ["alice"], "a\nb", "x" * 300):
            fake.claims = {"account": name}
            assert refused(log_in_at(fake, client)), name
