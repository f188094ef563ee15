"""The OpenAI SDK, unchanged but for its base URL, its key and the CA that the environment names."""

import asyncio
import base64
import json
import re

import openai
import pytest
from openai import AsyncOpenAI, DefaultHttpxClient, OpenAI

IBAN = "DE89 3704 0044 0532 0130 00"  # ISO 13616's example
PSEUDONYM = re.compile(r"\[[a-z_]+:[A-Z2-7]{16}\]")
HEALTH = "Compte rendu : pneumopathie, sortie le 3 mai."


def client(gateway, token, **options):
    return OpenAI(base_url=f"{gateway.url}/v1", api_key=token, **options)


@pytest.fixture
def hospital(gateway):
    with client(gateway, gateway.hospital) as it:
        yield it


@pytest.fixture
def werk(gateway):
    with client(gateway, gateway.werk) as it:
        yield it


@pytest.fixture
def bank(gateway):
    with client(gateway, gateway.bank) as it:
        yield it


def user(text):
    return [{"role": "user", "content": text}]


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def counting(requests, **options):
    """An HTTP client that notes each request it sends."""
    return DefaultHttpxClient(event_hooks={"request": [requests.append]}, **options)


def inland(error):
    """Our part of an error; the SDK has taken the outer `error` off."""
    assert error.body["code"] == error.code
    return error.body["inland"]


# -- answers


def test_a_plain_answer_keeps_the_model_name_that_was_asked(gateway, hospital):
    answer = hospital.chat.completions.create(model=gateway.model, messages=user("Bonjour"))
    assert answer.choices[0].message.content.endswith("Bonjour")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == gateway.model
    assert answer.usage.total_tokens > 0


def test_a_streamed_answer_comes_in_pieces_and_ends_with_its_usage(gateway, werk):
    chunks = list(
        werk.chat.completions.create(
            model=gateway.model, messages=user("Grüße"), stream=True, stream_options={"include_usage": True}
        )
    )
    assert text_of(chunks).endswith("Grüße")
    assert len(chunks) > 4
    assert {chunk.model for chunk in chunks} == {gateway.model}
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0


def test_the_sdks_own_stream_helper_gathers_the_same_answer(gateway, werk):
    with werk.chat.completions.stream(model=gateway.model, messages=user(f"IBAN {IBAN}")) as stream:
        stream.until_done()
        assert stream.get_final_completion().choices[0].message.content.endswith(f"IBAN {IBAN}")


def test_text_parts_a_system_message_and_a_history_go_through(gateway, hospital):
    parts = [{"type": "text", "text": "un "}, {"type": "text", "text": "deux"}]
    messages = [
        {"role": "system", "content": "Sois bref."},
        *user("avant"),
        {"role": "assistant", "content": "bien"},
        {"role": "user", "content": parts},
    ]
    answer = hospital.chat.completions.create(model=gateway.model, messages=messages, temperature=0.25, seed=7)
    assert answer.choices[0].message.content.endswith("un deux")


def test_embeddings_are_the_same_in_the_sdks_base64_and_as_floats(gateway, hospital):
    ask = hospital.embeddings.create
    texts = [HEALTH, "zwei"]
    packed = ask(model=gateway.model_embed, input=texts)
    floats = ask(model=gateway.model_embed, input=texts, encoding_format="float")
    assert [entry.index for entry in packed.data] == [0, 1]
    assert packed.model == gateway.model_embed
    for left, right in zip(packed.data, floats.data, strict=True):
        assert left.embedding == pytest.approx(right.embedding, abs=1e-6)
        assert sum(value * value for value in left.embedding) == pytest.approx(1, abs=1e-3)


def test_each_listed_model_can_be_retrieved(gateway, hospital):
    ids = [model.id for model in hospital.models.list()]
    assert gateway.model in ids
    assert [hospital.models.retrieve(each).id for each in ids] == ids


def test_the_async_client_runs_many_calls_at_once(gateway):
    async def run():
        async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.werk) as it:
            async def one(number):
                answer = await it.chat.completions.create(model=gateway.model, messages=user(f"Nr. {number}"))
                return answer.choices[0].message.content

            async def streamed():
                stream = await it.chat.completions.create(model=gateway.model, messages=user("Strom"), stream=True)
                return "".join([part.choices[0].delta.content or "" async for part in stream])

            return await asyncio.gather(*(one(number) for number in range(32)), streamed())

    *plain, streamed = asyncio.run(run())
    assert all(text.endswith(f"Nr. {number}") for number, text in enumerate(plain))
    assert streamed.endswith("Strom")


def test_http_2_serves_the_same(gateway):
    with DefaultHttpxClient(http2=True) as http, client(gateway, gateway.werk, http_client=http) as it:
        raw = it.chat.completions.with_raw_response.create(model=gateway.model, messages=user("zwei"))
        assert raw.http_response.http_version == "HTTP/2"
        assert raw.parse().choices[0].message.content.endswith("zwei")


# -- what the headers say


def test_the_headers_say_where_the_call_went_and_a_receipt_proves_it(gateway, hospital):
    raw = hospital.chat.completions.with_raw_response.create(model=gateway.model, messages=user(HEALTH))
    headers = raw.headers
    assert headers["x-inland-country"] == "FR"
    assert headers["x-inland-backend"]
    assert headers["x-inland-decision"]
    head, body, signature = headers["x-inland-receipt"].split(".")
    decode = lambda part: json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert decode(head)["alg"] == "EdDSA" and signature
    assert "FR" in json.dumps(decode(body))


def test_what_a_bank_tells_of_its_client_stays_in_switzerland(gateway, bank):
    raw = bank.chat.completions.with_raw_response.create(model=gateway.model, messages=user("Das Depot von Frau Meier"))
    assert raw.headers["x-inland-country"] == "CH"


def test_a_streamed_answer_has_the_same_headers(gateway, werk):
    with werk.chat.completions.with_streaming_response.create(
        model=gateway.model, messages=user(f"IBAN {IBAN}"), stream=True
    ) as raw:
        assert raw.headers["x-inland-redacted"] == "iban=1"
        assert raw.headers["content-type"].startswith("text/event-stream")
        assert list(raw.iter_lines())[-2:] == ["data: [DONE]", ""]


# -- what goes out and comes back


def test_an_iban_leaves_as_a_pseudonym_and_comes_back_in_plain_and_stream(gateway, werk):
    compact = IBAN.replace(" ", "")
    for text in [f"Konto {IBAN}.", IBAN, f"🇩🇪{compact}🇩🇪 und {compact}"]:
        plain = werk.chat.completions.with_raw_response.create(model=gateway.model, messages=user(text))
        assert plain.headers["x-inland-redacted"].startswith("iban=")
        assert plain.parse().choices[0].message.content.endswith(text)
        stream = werk.chat.completions.create(model=gateway.model, messages=user(text), stream=True)
        said = text_of(stream)
        assert said.endswith(text) and not PSEUDONYM.search(said)


def test_two_spellings_of_one_iban_are_one_pseudonym_and_come_back_in_the_first(gateway, werk):
    text = f"{IBAN.replace(' ', '')} = {IBAN}"
    raw = werk.chat.completions.with_raw_response.create(model=gateway.model, messages=user(text))
    assert raw.headers["x-inland-redacted"] == "iban=2"
    said = raw.parse().choices[0].message.content
    assert said.endswith("DE89370400440532013000 = DE89370400440532013000")


def test_arguments_of_a_function_call_are_restored_and_still_json(gateway, werk):
    text = f'Zahle "heute" an {IBAN}\\'
    tools = [{"type": "function", "function": {"name": "pay", "parameters": {"type": "object"}}}]
    options = {
        "model": gateway.model,
        "messages": user(text),
        "tools": tools,
        "tool_choice": {"type": "function", "function": {"name": "pay"}},
    }
    call = werk.chat.completions.create(**options).choices[0].message.tool_calls[0]
    assert call.function.name == "pay"
    assert json.loads(call.function.arguments) == {"text": text}
    pieces = [
        piece.function.arguments
        for chunk in werk.chat.completions.create(**options, stream=True)
        for piece in chunk.choices[0].delta.tool_calls or []
    ]
    assert json.loads("".join(pieces)) == {"text": text}


def test_a_pseudonym_that_the_caller_made_up_restores_nothing(gateway, werk):
    text = f"[iban:AAAAAAAAAAAAAAAA] ist nicht {IBAN}"
    for stream in (False, True):
        answer = werk.chat.completions.create(model=gateway.model, messages=user(text), stream=stream)
        said = text_of(answer) if stream else answer.choices[0].message.content
        assert said.endswith(text)


def test_a_key_and_a_card_are_removed_for_good(gateway, werk):
    text = "Karte 4111 1111 1111 1111, Schlüssel AKIAIOSFODNN7EXAMPLE"
    said = werk.chat.completions.create(model=gateway.model, messages=user(text)).choices[0].message.content
    assert "[card_pan]" in said and "[credentials]" in said
    assert "4111" not in said and "AKIA" not in said


# -- refusals, as the SDK's own error classes


@pytest.mark.parametrize("token", ["nonsense", "ink_nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_wrong_key_is_an_authentication_error(gateway, token):
    with client(gateway, token) as it, pytest.raises(openai.AuthenticationError) as caught:
        it.chat.completions.create(model=gateway.model, messages=user("Hallo"))
    error = caught.value
    assert (error.status_code, error.code, error.type) == (401, "unauthenticated", "authentication_error")
    assert inland(error)["decision"] == error.response.headers["x-inland-decision"]
    assert error.response.headers["www-authenticate"].startswith("Bearer")
    assert token not in str(error)


def test_a_denial_names_rule_reference_and_remedy_and_never_the_text(gateway, werk):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        werk.chat.completions.create(
            model=gateway.model, messages=user(f"Vorstrafe, {IBAN}"), extra_headers={"x-inland-data": "criminal"}
        )
    error = caught.value
    assert (error.status_code, error.code, error.type) == (403, "policy_denied", "permission_error")
    reasons = inland(error)["reasons"]
    assert "ART10-CRIMINAL" in [reason["rule"] for reason in reasons]
    for reason in reasons:
        assert all(reason[part] for part in ("code", "rule", "ref", "remedy")), reason
    assert IBAN not in error.response.text and "Vorstrafe" not in error.response.text


def test_a_feature_that_reaches_outside_is_denied_by_name(gateway, werk):
    image = [{"type": "image_url", "image_url": {"url": "https://pictures.example/scan.png"}}]
    for options in [{"messages": user("Hallo"), "store": True}, {"messages": user(image)}]:
        with pytest.raises(openai.PermissionDeniedError) as caught:
            werk.chat.completions.create(model=gateway.model, **options)
        assert caught.value.code == "feature_denied"
        assert "pictures.example" not in caught.value.response.text


def test_an_unknown_model_is_not_found_in_calls_and_in_the_list(gateway, werk):
    for call in [
        lambda: werk.chat.completions.create(model="gpt-anywhere", messages=user("Hallo")),
        lambda: werk.embeddings.create(model="gpt-anywhere", input="Hallo"),
        lambda: werk.models.retrieve("gpt-anywhere"),
    ]:
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert (caught.value.status_code, caught.value.code) == (404, "unknown_model")


def test_a_path_that_is_not_served_is_not_found_and_names_what_is(gateway, werk):
    with pytest.raises(openai.NotFoundError) as caught:
        werk.responses.create(model=gateway.model, input="Hallo")
    assert caught.value.code == "unknown_route"
    assert "/v1/chat/completions" in caught.value.message


@pytest.mark.parametrize(
    "options",
    [
        {"messages": []},
        {"messages": user("x"), "extra_headers": {"x-inland-data": "nonsense"}},
        {"messages": user("x"), "extra_headers": {"x-inland-purpose": "nonsense"}},
        {"messages": user("x"), "extra_headers": {"x-inland-subject-country": "Germany"}},
        {"messages": user("x"), "extra_body": {"stream": "yes"}},
    ],
)
def test_a_request_of_the_wrong_shape_is_a_bad_request(gateway, werk, options):
    with pytest.raises(openai.BadRequestError) as caught:
        werk.chat.completions.create(model=gateway.model, **options)
    assert (caught.value.status_code, caught.value.code) == (400, "bad_request")
    assert "nonsense" not in caught.value.response.text


def test_a_header_can_only_tighten(gateway, hospital):
    raw = hospital.chat.completions.with_raw_response.create(
        model=gateway.model,
        messages=user(HEALTH),
        extra_headers={"x-inland-data": "public_text", "x-inland-country": "US", "x-inland-tenant": "werk-stuttgart"},
    )
    assert raw.headers["x-inland-country"] == "FR"


def test_what_would_meet_the_same_refusal_is_sent_once(gateway):
    requests = []
    with counting(requests) as http, client(gateway, gateway.hospital, http_client=http, max_retries=3) as it:
        with pytest.raises(openai.InternalServerError) as caught:
            it.chat.completions.create(model=gateway.model_down, messages=user(HEALTH))
    error = caught.value
    assert (error.status_code, error.code) == (503, "no_backend")
    assert error.response.headers["x-should-retry"] == "false"
    assert len(requests) == 1


def test_every_refusal_is_a_document_of_its_own_decision(gateway):
    decisions = []
    with client(gateway, "nonsense", max_retries=0) as it:
        for _ in range(3):
            with pytest.raises(openai.AuthenticationError) as caught:
                it.models.list()
            assert caught.value.response.headers["content-type"].startswith("application/json")
            decisions.append(inland(caught.value)["decision"])
    assert len(set(decisions)) == 3
