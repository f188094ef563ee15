"""What the tests need to know of a running gateway, from the environment.

INLAND_URL              https://127.0.0.1:8443, without /v1
INLAND_CA               the PEM file that the clients trust
INLAND_TOKEN_HOSPITAL   tokens of the demo's tenants: a French hospital, a German manufacturer,
INLAND_TOKEN_WERK       a Swiss bank
INLAND_TOKEN_BANK
INLAND_MODEL            a chat model that all three may ask for (default clinic-large)
INLAND_MODEL_EMBED      an embedding model of the hospital's (default clinic-embed)
INLAND_MODEL_DOWN       a chat model of the hospital's without a usable backend (default clinic-moved)

What is missing is an error, not a skip: a test that did not run has shown nothing.
"""

import dataclasses
import os

import pytest

# Before any client is made: it is how an unchanged SDK learns of a private CA.
os.environ["SSL_CERT_FILE"] = os.environ.get("INLAND_CA", "")
# A proxy of this machine must not come between the client and the gateway.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)


@dataclasses.dataclass(frozen=True)
class Gateway:
    url: str
    ca: str
    hospital: str
    werk: str
    bank: str
    model: str
    model_embed: str
    model_down: str


def needed(name):
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: cargo test -p inland-tests starts a gateway and sets it", returncode=3)
    return value


@pytest.fixture(scope="session")
def gateway():
    return Gateway(
        url=needed("INLAND_URL").rstrip("/"),
        ca=needed("INLAND_CA"),
        hospital=needed("INLAND_TOKEN_HOSPITAL"),
        werk=needed("INLAND_TOKEN_WERK"),
        bank=needed("INLAND_TOKEN_BANK"),
        model=os.environ.get("INLAND_MODEL", "clinic-large"),
        model_embed=os.environ.get("INLAND_MODEL_EMBED", "clinic-embed"),
        model_down=os.environ.get("INLAND_MODEL_DOWN", "clinic-moved"),
    )
