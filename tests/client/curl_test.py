"""curl, which sends exactly what it is told: both versions of HTTP, and what no SDK would send."""

import json
import pathlib
import re
import shutil
import subprocess
import warnings

import pytest

CURL_SECONDS = "20"
HEADER_BYTES = 80 * 1024  # over the gateway's 64 KiB for a head
BODY_BYTES = 9 * 1024 * 1024  # over its default of 8 MiB for a body
# curl 7 over HTTP/2 forgets an answer that came before it had sent everything: the server may close the rest
# of such a stream (RFC 9113, 8.1), and curl then takes the answer for lost.
STREAM_CLOSED = 92
CHAT = "/v1/chat/completions"
JSON = "content-type: application/json"


class Reply:
    """What curl got: the last head (a 100 may stand before it) and the body."""

    def __init__(self, output):
        head, self.body = output.split(b"\r\n\r\n", 1)
        while head.split()[1] == b"100":
            head, self.body = self.body.split(b"\r\n\r\n", 1)
        first, *fields = head.decode("latin-1").split("\r\n")
        version, status = first.split()[:2]
        self.version, self.status = version, int(status)
        self.headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}

    def json(self):
        return json.loads(self.body)

    def refusal(self):
        """Status and code, after all that every error document has."""
        error = self.json()["error"]
        assert self.headers["content-type"].startswith("application/json")
        assert set(error) == {"message", "type", "param", "code", "inland"}
        assert error["message"] and error["type"]
        assert error["inland"]["decision"] == self.headers["x-inland-decision"]
        assert isinstance(error["inland"]["reasons"], list)
        return self.status, error["code"]


@pytest.fixture(scope="session")
def features():
    if not shutil.which("curl"):
        pytest.exit("curl is missing: install it (apt-get install curl)", returncode=3)
    version = subprocess.run(["curl", "--version"], capture_output=True, check=True, text=True)
    return re.search("^Features: (.*)$", version.stdout, re.MULTILINE)[1].split()


@pytest.fixture(params=["--http1.1", "--http2"])
def http(request, features):
    if request.param == "--http2" and "HTTP2" not in features:
        warnings.warn("NOT TESTED: this curl speaks no HTTP/2", stacklevel=1)
        pytest.skip("this curl speaks no HTTP/2")
    return request.param


@pytest.fixture
def send(gateway, http):
    """Sends one request as the manufacturer, with both versions in turn."""

    def send(path, *options, token=gateway.werk, stdin=None, codes=(0,)):
        credential = ["-H", f"authorization: Bearer {token}"] if token else []
        done = subprocess.run(
            ["curl", "-sS", "-i", http, "--cacert", gateway.ca, "--max-time", CURL_SECONDS, "--path-as-is"]
            + [*credential, *options, gateway.url + path],
            capture_output=True,
            input=stdin,
            check=False,
        )
        assert done.returncode in codes, done.stderr.decode()
        return Reply(done.stdout) if done.returncode == 0 else None

    return send


def body(gateway, text="Hallo", **fields):
    return json.dumps({"model": gateway.model, "messages": [{"role": "user", "content": text}], **fields})


def test_a_chat_is_answered(gateway, http, send):
    reply = send(CHAT, "-H", JSON, "-d", body(gateway))
    assert (reply.status, reply.version) == (200, {"--http1.1": "HTTP/1.1", "--http2": "HTTP/2"}[http])
    assert reply.json()["choices"][0]["message"]["content"].endswith("Hallo")
    assert reply.headers["x-inland-country"]


def test_a_stream_is_events_and_ends_with_done(gateway, send):
    reply = send(CHAT, "-N", "-H", JSON, "-d", body(gateway, stream=True))
    *events, end, rest = reply.body.decode().split("\n\n")
    assert (end, rest) == ("data: [DONE]", "")
    assert all(json.loads(event.removeprefix("data: ")) for event in events)


def test_a_body_of_unknown_length_is_read(gateway, send):
    reply = send(CHAT, "-H", JSON, "-T", "-", "-X", "POST", stdin=body(gateway).encode())
    assert reply.status == 200


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/responses", "/v1/models/", "/metrics", "/healthz",
    "/v1/chat/completions/", "/v1//chat/completions", "/v1/../v1/chat/completions", "/v1/chat%2fcompletions",
    "/V1/chat/completions", "/v1/files", "/.well-known/openid-configuration"])  # fmt: skip
def test_any_other_path_is_not_found_and_names_what_is_served(gateway, send, path):
    for options in [[], ["-H", JSON, "-d", body(gateway)]]:
        reply = send(path, *options)
        assert reply.refusal() == (404, "unknown_route")
        assert "/v1/chat/completions" in reply.json()["error"]["message"]


def test_any_other_method_is_refused_with_the_one_that_is_allowed(send):
    for path, method, allowed in [
        (CHAT, "GET", "POST"),
        (CHAT, "DELETE", "POST"),
        (CHAT, "OPTIONS", "POST"),
        ("/v1/embeddings", "PUT", "POST"),
        ("/v1/models", "POST", "GET"),
        ("/v1/models/any", "DELETE", "GET"),
    ]:
        reply = send(path, "-X", method)
        assert reply.refusal() == (405, "method_not_allowed"), (path, method)
        assert reply.headers["allow"] == allowed


def test_no_credential_or_two_are_refused(gateway, send):
    for options in [[], ["-H", f"authorization: Bearer {gateway.werk}", "-H", "authorization: Bearer x"],
        ["-H", f"authorization: Basic {gateway.werk}"], ["-H", "authorization:;"]]:  # fmt: skip
        reply = send(CHAT, "-H", JSON, "-d", body(gateway), *options, token=None)
        assert reply.refusal() == (401, "unauthenticated"), options[-1:]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b'{"model":"a","model":"b","messages":[]}',
        b'{"model":"a","\\u006dodel":"b","messages":[]}',
        b'{"model":"a","messages":[]} {}',
        b'{"model":"a","messages":[{"role":"user","content":"\xff"}]}',
        b'{"model":"a","messages":[{"role":"user","content":"\\ud800"}]}',
        b'{"model":"a","x":NaN,"messages":[]}',
        b'\xef\xbb\xbf{"model":"a","messages":[]}',
        b'{"model":"a","messages":' + b"[" * 65 + b"]" * 65 + b"}",
    ],
)
def test_json_with_two_meanings_or_none_is_refused(send, sent):
    reply = send(CHAT, "-H", JSON, "--data-binary", "@-", stdin=sent)
    assert reply.refusal() == (400, "bad_json")


def test_only_plain_json_is_read(gateway, send):
    for options in [
        ["-H", "content-type: text/plain"],
        ["-H", "content-type: application/x-www-form-urlencoded"],
        ["-H", "content-type:"],
        ["-H", JSON, "-H", "content-encoding: gzip"],
        ["-H", "content-type: application/json; charset=utf-16"],
    ]:
        reply = send(CHAT, *options, "-d", body(gateway))
        assert reply.refusal() == (415, "unsupported_media_type"), options


@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_over_the_limit_is_refused(gateway, send, how):
    sent = body(gateway, "x" * BODY_BYTES).encode()
    options = ["--data-binary", "@-"] if how == "length" else ["-T", "-", "-X", "POST"]
    reply = send(CHAT, "-H", JSON, *options, stdin=sent, codes=(0, STREAM_CLOSED))
    if reply:
        assert reply.refusal() == (413, "body_too_large")


def test_a_head_over_the_limit_is_refused(gateway, http, send):
    # nghttp2 itself sends no head over 64 KiB: over HTTP/2 curl cannot reach that limit.
    large = [["-H", f"x-large: {'a' * HEADER_BYTES}"]] if http == "--http1.1" else []
    for options in [*large, many_headers(200)]:
        reply = send(CHAT, "-H", JSON, "-d", body(gateway), *options)
        assert reply.refusal() == (431, "headers_too_large"), options[-1][:20]


def many_headers(count):
    return [part for number in range(count) for part in ("-H", f"x-{number}: a")]


def test_a_refusal_never_repeats_what_was_sent(gateway, send):
    secret = "DE89 3704 0044 0532 0130 00"
    for options in [["-H", JSON, "-H", f"x-inland-data: {secret}"], ["-H", f"content-type: {secret}"]]:
        reply = send(CHAT, *options, "-d", body(gateway, secret))
        assert reply.status in (400, 415)
        assert secret not in reply.body.decode() and secret not in str(reply.headers)


def test_a_client_that_does_not_trust_the_ca_gets_no_connection(gateway, http):
    done = subprocess.run(["curl", "-sS", http, gateway.url + CHAT], capture_output=True, check=False)
    assert done.returncode == 60, done.stderr


def test_nothing_older_than_tls_1_3_is_spoken(gateway, http):
    command = ["curl", "-sS", http, "--cacert", gateway.ca, "--tls-max", "1.2", gateway.url + CHAT]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 35, done.stderr


def test_two_requests_share_a_connection_after_a_refusal(gateway, http):
    config = f'header = "authorization: Bearer {gateway.werk}"\ncacert = "{pathlib.Path(gateway.ca)}"\n'
    models = gateway.url + "/v1/models"
    done = subprocess.run(
        ["curl", "-sS", http, "-K", "-", "-w", "%{http_code} %{num_connects}\n", "-o", "/dev/null", "-o", "/dev/null"]
        + [gateway.url + "/v1/nothing", models],
        capture_output=True,
        input=config.encode(),
        check=True,
    )
    assert done.stdout.decode().split("\n")[:2] == ["404 1", "200 0"]
