"""The engines that are compared, each behind the same call: documents in, found places and seconds out.

A place is (start, end, classes, score): `classes` are those that its type may stand for, the first one
being what it counts as where nothing is there. An empty tuple is a type that is not measured here.

All three are told the country of each document. The peers are favoured where there is a choice: their
types may stand for several of our classes, types that have no class here are never held against them, euRedact
searches for dates too, and Presidio has the recognisers of the document's country, whatever its language, and
the telephone plan of it. Presidio's models cannot be fetched everywhere, so it runs over spaCy's blank
pipelines, with the words themselves as lemmas, which its context words need.
"""

import json
import subprocess
import tempfile
import time

EUREDACT = {
    "NATIONAL_ID": ("national_id", "tax_id", "passport_id"), "SSN": ("national_id", "tax_id"),
    "TAX_ID": ("tax_id", "national_id", "company_id"), "HEALTH_INSURANCE": ("national_id",), "VAT": ("company_id", "tax_id"),
    "CHAMBER_OF_COMMERCE": ("company_id", "tax_id"), "BIC": ("company_id",), "BANK_ACCOUNT": ("iban", "account_id"),
    "CREDIT_CARD": ("card_pan",), "PHONE": ("phone",), "EMAIL": ("email",), "DOB": ("date_of_birth",),
    "PASSPORT": ("passport_id", "national_id"), "RESIDENCE_PERMIT": ("passport_id", "national_id"),
    "LICENSE_PLATE": ("licence_plate",), "IP_ADDRESS": ("ip_address",), "IPV6_ADDRESS": ("ip_address",),
    "MAC_ADDRESS": ("device_id",), "IMEI": ("device_id",), "SECRET": ("credentials",),
}
PRESIDIO = {
    "CREDIT_CARD": ("card_pan",), "CRYPTO": ("account_id",), "EMAIL_ADDRESS": ("email",), "IBAN_CODE": ("iban",),
    "IP_ADDRESS": ("ip_address",), "MAC_ADDRESS": ("device_id",), "PHONE_NUMBER": ("phone",),
    "DATE_TIME": (), "URL": (), "UUID": (),
    "UK_NHS": ("national_id",), "UK_NINO": ("national_id",), "UK_PASSPORT": ("passport_id",),
    "UK_VEHICLE_REGISTRATION": ("licence_plate",),
    "DE_TAX_ID": ("tax_id",), "DE_TAX_NUMBER": ("tax_id",), "DE_VAT_ID": ("company_id", "tax_id"),
    "DE_SOCIAL_SECURITY": ("national_id",), "DE_HEALTH_INSURANCE": ("national_id",), "DE_ID_CARD": ("passport_id",),
    "DE_PASSPORT": ("passport_id",), "DE_KFZ": ("licence_plate",), "DE_HANDELSREGISTER": ("company_id",),
    "IT_FISCAL_CODE": ("tax_id", "national_id"), "IT_VAT_CODE": ("company_id", "tax_id"), "IT_PASSPORT": ("passport_id",),
    "IT_IDENTITY_CARD": ("passport_id",), "ES_NIF": ("national_id", "tax_id"), "ES_NIE": ("national_id", "tax_id"),
    "ES_PASSPORT": ("passport_id",), "PL_PESEL": ("national_id",), "SE_PERSONNUMMER": ("national_id",),
    "SE_ORGANISATIONSNUMMER": ("company_id",), "FI_PERSONAL_IDENTITY_CODE": ("national_id",),
}
# The folders of Presidio's recognisers of European countries, and the documents' countries.
PRESIDIO_COUNTRIES = {"DE": "germany", "ES": "spain", "FI": "finland", "GB": "uk", "IT": "italy", "PL": "poland", "SE": "sweden"}


def inland(documents, program):
    """`inland inspect --jsonl`, its start included."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps({name: document[name] for name in ("text", "lang", "country")}) + "\n")
        file.flush()
        start = time.perf_counter()
        ran = subprocess.run([program, "inspect", file.name], capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
    if ran.returncode:
        raise SystemExit(f"{program} inspect: {ran.stderr}")
    lines = ran.stdout.splitlines()
    if len(lines) != len(documents):
        raise SystemExit(f"{program} inspect: {len(lines)} answers to {len(documents)} documents")
    spans = [[(span["start"], span["end"], (span["label"],), 1.0) for span in json.loads(line)["spans"]] for line in lines]
    return spans, seconds


def euredact(documents):
    import euredact as package

    engine = package.EuRedact()
    engine.redact("warm up", countries=None, cache=False)
    found, start = [], time.perf_counter()
    for document in documents:
        result = engine.redact(document["text"], countries=[country(document)], detect_dates=True, cache=False)
        found.append([(it.start, it.end, EUREDACT.get(getattr(it.entity_type, "value", it.entity_type), ()), 1.0)
                      for it in result.detections])
    return found, time.perf_counter() - start


def country(document):
    """euRedact's names for the countries."""
    return {"GB": "UK", "GR": "EL"}.get(document["country"], document["country"])


def presidio(documents):
    analyzers = presidio_analyzers({(document["lang"], document["country"]) for document in documents})
    found, start = [], time.perf_counter()
    for document in documents:
        results = analyzers[document["lang"], document["country"]].analyze(document["text"], language=document["lang"])
        found.append([(it.start, it.end, PRESIDIO.get(it.entity_type, ()), it.score) for it in results])
    return found, time.perf_counter() - start


def presidio_analyzers(wanted):
    """One analyser for each language and country; what it loads is not part of the time."""
    import logging

    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    # The list of top levels that comes with the package: nothing is fetched while the time is taken.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())

    @spacy.Language.component("words_as_lemmas")
    def words_as_lemmas(document):
        for token in document:
            token.lemma_ = token.lower_
        return document

    class Blank(SpacyNlpEngine):
        def __init__(self, languages):
            super().__init__(models=[{"lang_code": language, "model_name": "blank"} for language in languages])
            self.nlp = {language: spacy.blank(language) for language in languages}
            for pipeline in self.nlp.values():
                pipeline.add_pipe("words_as_lemmas")

    nlp = Blank(sorted({language for language, _ in wanted}))
    analyzers = {}
    for language, code in wanted:
        registry = RecognizerRegistry(supported_languages=[language])
        for recognizer in presidio_recognizers(language, code):
            registry.add_recognizer(recognizer)
        analyzers[language, code] = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[language])
    return analyzers


def presidio_recognizers(language, code):
    from presidio_analyzer import predefined_recognizers as all_of_them

    names = ["CreditCardRecognizer", "CryptoRecognizer", "EmailRecognizer", "IbanRecognizer", "IpRecognizer", "MacAddressRecognizer"]
    folder = PRESIDIO_COUNTRIES.get(code)
    for name in dir(all_of_them):
        it = getattr(all_of_them, name)
        if folder and name.endswith("Recognizer") and f".{folder}." in getattr(it, "__module__", ""):
            names.append(name)
    yield all_of_them.PhoneRecognizer(supported_language=language, supported_regions=(code, "GB", "DE", "FR", "IT", "ES"))
    for name in names:
        yield getattr(all_of_them, name)(supported_language=language)
