"""What stands in the documents: identifiers with their class, and what only looks like one.

Each function of SLOTS takes the scene (country, language, person, random numbers) and gives parts: plain
text, or a Value that an engine should find. Everything is drawn, so nothing belongs to anybody; the rules are
those of python-stdnum, phonenumbers, schwifty and faker, not the engine's.
"""

import base64
import dataclasses
import hashlib
import random
import string
import uuid
import zlib

import faker
import phonenumbers
from schwifty import IBAN
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

import national

LANGUAGES = {
    "bg": ("BG",), "cs": ("CZ",), "da": ("DK",), "de": ("DE", "DE", "AT", "CH"), "el": ("GR",), "en": ("GB", "GB", "IE"),
    "es": ("ES",), "fi": ("FI",), "fr": ("FR", "FR", "BE"), "hu": ("HU",), "it": ("IT",), "nl": ("NL", "NL", "BE"),
    "pl": ("PL",), "pt": ("PT",), "ro": ("RO",), "sv": ("SE",),
}
# The nearest locale that faker has for names and streets.
LOCALES = {("de", "AT"): "de_AT", ("de", "CH"): "de_CH", ("fr", "BE"): "fr_BE", ("nl", "BE"): "nl_BE",
           ("en", "IE"): "en_IE", ("en", "GB"): "en_GB", ("cs", "CZ"): "cs_CZ", ("da", "DK"): "da_DK",
           ("el", "GR"): "el_GR", ("sv", "SE"): "sv_SE"}
MONTHS = {
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
# How a day is written: with numbers, and in words.
DAYS = {
    "bg": ("{d:02}.{m:02}.{y} г.", "{d} {M} {y} г."), "cs": ("{d}. {m}. {y}", "{d}. {M} {y}"),
    "da": ("{d:02}-{m:02}-{y}", "{d}. {M} {y}"), "de": ("{d:02}.{m:02}.{y}", "{d}. {M} {y}"),
    "el": ("{d:02}/{m:02}/{y}", "{d} {M} {y}"), "en": ("{d:02}/{m:02}/{y}", "{d} {M} {y}"),
    "es": ("{d:02}/{m:02}/{y}", "{d} de {M} de {y}"), "fi": ("{d}.{m}.{y}", "{d}. {M} {y}"),
    "fr": ("{d:02}/{m:02}/{y}", "{d} {M} {y}"), "hu": ("{y}. {m:02}. {d:02}.", "{y}. {M} {d}."),
    "it": ("{d:02}/{m:02}/{y}", "{d} {M} {y}"), "nl": ("{d:02}-{m:02}-{y}", "{d} {M} {y}"),
    "pl": ("{d:02}.{m:02}.{y}", "{d} {M} {y}"), "pt": ("{d:02}/{m:02}/{y}", "{d} de {M} de {y}"),
    "ro": ("{d:02}.{m:02}.{y}", "{d} {M} {y}"), "sv": ("{y}-{m:02}-{d:02}", "{d} {M} {y}"),
}
# Letters that plates use: those that both Greek, or Cyrillic, and Latin have.
PLATES = {
    "AT": ("W-#####L", "GU ###LL", "L-###LL"), "BE": ("1-LLL-###", "2-LLL-###"), "BG": ("СА #### ВХ", "PB #### AC"),
    "CH": ("ZH ######", "BE ######"), "CZ": ("1A# ####", "5B# ####"), "DE": ("M-LL ####", "HH-L ###", "KA-LL ##"),
    "DK": ("LL ## ###", "LL#####"), "ES": ("#### BCD", "####-FGH"), "FI": ("ABL-###", "ZKL-###"),
    "FR": ("LL-###-LL", "LL ### LL"), "GB": ("AB## CDE", "LB## KTX"), "GR": ("ΙΖΕ-####", "ΥΧΝ-####"),
    "HU": ("AA LL-###", "LLL-###"), "IE": ("12-D-#####", "191-C-####"), "IT": ("LL ### LL", "LL###LL"),
    "NL": ("##-LLL-#", "LL-###-L"), "PL": ("WA #####", "KR ###LL"), "PT": ("LL-##-LL", "##-LL-##"),
    "RO": ("B ### LLL", "CJ ## LLL"), "SE": ("LLL ###", "LLL ##L"),
}
CARDS = (("4", 16), ("51", 16), ("54", 16), ("2223", 16), ("37", 15), ("34", 15), ("6011", 16), ("36", 14), ("3530", 16))
NATIONALITY = {"DE": "D<<", "AT": "AUT", "CH": "CHE", "BE": "BEL", "BG": "BGR", "CZ": "CZE", "DK": "DNK", "ES": "ESP",
               "FI": "FIN", "FR": "FRA", "GB": "GBR", "GR": "GRC", "HU": "HUN", "IE": "IRL", "IT": "ITA", "NL": "NLD",
               "PL": "POL", "PT": "PRT", "RO": "ROU", "SE": "SWE"}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MIXED = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True)
class Value:
    """Something that is to be found."""

    text: str
    label: str
    kind: str
    also: tuple = ()


class Scene:
    """One document's country, language, person and random numbers."""

    def __init__(self, language, seed):
        self.rng = random.Random(seed)
        self.language = language
        self.country = self.rng.choice(LANGUAGES[language])
        self.fake = faker.Faker(LOCALES.get((language, self.country), f"{language}_{self.country}"))
        self.fake.seed_instance(seed)
        self.kept = {}

    def keep(self, name, make):
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


def signs(rng, alphabet, count):
    return "".join(rng.choice(alphabet) for _ in range(count))


def digits(rng, count):
    return signs(rng, string.digits, count)


def grouped(text, sizes, separator):
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at:at + size])
        at += size
    return separator.join(part for part in [*parts, text[at:]] if part)


def labelled(scene, choices):
    """A number behind its name, as forms and letters write it."""
    it = scene.rng.choice(choices)
    between = scene.rng.choice((": ", ": ", " ", " "))
    return [scene.rng.choice(it.words) + between, Value(national.number(it, scene.rng), it.label, it.kind, it.also)]


def person(scene):
    return labelled(scene, national.PERSON[scene.country])


def tax(scene):
    return labelled(scene, national.TAXES.get(scene.country) or national.PERSON[scene.country])


def company(scene):
    return labelled(scene, national.COMPANIES[scene.country])


def idcard(scene):
    if scene.country not in national.CARDS:
        return passport(scene)
    it = scene.rng.choice(national.CARDS[scene.country])
    return [Value(national.number(it, scene.rng), it.label, it.kind, it.also)]


def passport(scene):
    text = national.draw(national.PASSPORTS[scene.country], scene.rng)
    return [Value(text, "passport_id", f"{scene.country.lower()}.passport")]


def iban_solid(scene):
    account = IBAN.random(scene.country, random=scene.rng)
    return [Value(str(account), "iban", "iban")]


def iban(scene):
    account = IBAN.random(scene.country, random=scene.rng)
    text = account.formatted if scene.rng.random() < 0.65 else str(account)
    return [Value(text, "iban", "iban")]


def bic(scene):
    for _ in range(50):
        code = IBAN.random(scene.country, random=scene.rng).bic
        if code is not None:
            return [Value(str(code), "company_id", "bic")]
    bank, place = signs(scene.rng, string.ascii_uppercase, 4), signs(scene.rng, string.ascii_uppercase, 2)
    return [Value(f"{bank}{scene.country}{place}", "company_id", "bic")]


def legal_entity(scene):
    body = digits(scene.rng, 4) + "00" + signs(scene.rng, string.ascii_uppercase + string.digits, 12)
    return [Value(body + mod_97_10.calc_check_digits(body), "company_id", "lei")]


def telephone(scene):
    """A number that phonenumbers holds for valid, of a person's kind."""
    kinds = phonenumbers.PhoneNumberType
    kind = scene.rng.choice((kinds.MOBILE, kinds.FIXED_LINE))
    example = phonenumbers.example_number_for_type(scene.country, kind)
    national_number = str(example.national_number)
    for kept in (3, 4, 5, 6):
        for _ in range(40):
            drawn = national_number[:kept] + digits(scene.rng, len(national_number) - kept)
            number = phonenumbers.parse(f"+{example.country_code}{drawn}")
            if str(number.national_number) == drawn and phonenumbers.is_valid_number(number):
                return number
    return example


def phone(scene):
    number, formats = telephone(scene), phonenumbers.PhoneNumberFormat
    form = scene.rng.choice((formats.INTERNATIONAL, formats.INTERNATIONAL, formats.NATIONAL, formats.NATIONAL, formats.E164))
    text = phonenumbers.format_number(number, form)
    if form == formats.INTERNATIONAL and scene.rng.random() < 0.3:
        text = text.replace("+", "00", 1)
    if form != formats.E164 and "(" not in text and scene.rng.random() < 0.25:
        text = text.replace(" ", scene.rng.choice((".", "-")))
    return [Value(text, "phone", "phone")]


def phone_e164(scene):
    text = phonenumbers.format_number(telephone(scene), phonenumbers.PhoneNumberFormat.E164)
    return [Value(text, "phone", "phone")]


def email(scene):
    first, last = (ascii_only(part, scene) for part in scene.keep("person", lambda: names(scene)))
    local = scene.rng.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{last}_{first}", f"{first}{scene.rng.randrange(60, 99)}",
                              f"{first}+{signs(scene.rng, string.ascii_lowercase, 4)}"))
    host = scene.rng.choice(("example.com", "example.org", "mail.example.net", "praxis.example.com", "it.example.org"))
    return [Value(f"{local}@{host}", "email", "email")]


def ascii_only(name, scene):
    folded = "".join(sign for sign in name.lower() if sign in string.ascii_lowercase)
    return folded if len(folded) > 1 else signs(scene.rng, string.ascii_lowercase, 6)


def names(scene):
    return scene.fake.first_name(), scene.fake.last_name()


def card(scene):
    prefix, length = scene.rng.choice(CARDS)
    body = prefix + digits(scene.rng, length - len(prefix) - 1)
    number = body + luhn.calc_check_digit(body)
    sizes = {16: (4, 4, 4), 15: (4, 6), 14: (4, 6)}[length]
    return [Value(grouped(number, sizes, scene.rng.choice((" ", " ", "-", ""))), "card_pan", "card")]


def crypto(scene):
    if scene.rng.random() < 0.5:
        return [Value("0x" + signs(scene.rng, "0123456789abcdef", 40), "account_id", "crypto.eth")]
    payload = b"\x00" + scene.rng.randbytes(20)  # P2PKH: version, hash, double SHA-256
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload), ""
    while number:
        number, rest = divmod(number, 58)
        text = BASE58[rest] + text
    return [Value("1" + text, "account_id", "crypto.btc")]


def mac(scene):
    separator = scene.rng.choice((":", ":", "-"))
    octets = [f"{scene.rng.randrange(256) & (0xFE if not place else 0xFF):02x}" for place in range(6)]
    text = separator.join(octets)
    return [Value(text.upper() if scene.rng.random() < 0.5 else text, "device_id", "mac")]


def phone_identity(scene):
    body = "35" + digits(scene.rng, 12)
    return [Value(body + luhn.calc_check_digit(body), "device_id", "imei")]


def ip(scene):
    first = scene.rng.choice((10, 192, 84, 91, 151, 185, 212))
    rest = ".".join(str(scene.rng.randrange(1, 255)) for _ in range(2))
    return [Value(f"{first}.{168 if first == 192 else scene.rng.randrange(256)}.{rest}", "ip_address", "ip.v4")]


def ip6(scene):
    groups = [f"{scene.rng.randrange(1, 65536):x}" for _ in range(4)]
    return [Value("2001:db8:" + ":".join(groups[:2]) + "::" + groups[2], "ip_address", "ip.v6")]


def day(scene, first, last):
    rng, (numeric, words) = scene.rng, DAYS[scene.language]
    year, month, of_month = rng.randrange(first, last), rng.randrange(1, 13), rng.randrange(1, 29)
    name = MONTHS[scene.language].split()[month - 1]
    form = rng.choices((numeric, words, "{y}-{m:02}-{d:02}"), (6, 2, 1))[0]
    return form.format(y=year, m=month, d=of_month, M=name)


def birth(scene):
    text = day(scene, 1938, 2010)
    ending = " г." if text.endswith(" г.") else ""  # "of the year" is no part of the day
    return [Value(text.removesuffix(ending), "date_of_birth", "date_of_birth"), ending]


def plate(scene):
    form = scene.rng.choice(PLATES[scene.country])
    letters = "BCDFGHJKLMNPRSTVWXYZ"
    text = "".join(scene.rng.choice(letters) if sign == "L" else str(scene.rng.randrange(1, 10)) if sign == "#" else sign
                   for sign in form)
    return [Value(text, "licence_plate", f"plate.{scene.country.lower()}")]


def mrz(scene):
    """A passport's two lines: ICAO Doc 9303 part 4, 4.2."""
    nation, rng = NATIONALITY[scene.country], scene.rng
    first, last = (ascii_only(part, scene).upper() for part in scene.keep("person", lambda: names(scene)))
    top = f"P<{nation}{last}<<{first}".ljust(44, "<")[:44]
    document = national.draw("@########", rng)
    born, until = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02}15", f"{rng.randrange(27, 35)}0{rng.randrange(1, 10)}20"
    dated = f"{document}{national.icao(document)}{nation}{born}{national.icao(born)}{rng.choice('MF')}{until}{national.icao(until)}"
    personal = "<" * 14
    bottom = f"{dated}{personal}{national.icao(personal)}"
    checked = bottom[:10] + bottom[13:20] + bottom[21:43]
    return [Value(f"{top}\n{bottom}{national.icao(checked)}", "passport_id", "mrz.td3")]


def github(rng):
    """A GitHub token ends in the CRC-32 of its letters, in base 62."""
    body = signs(rng, MIXED, 30)
    number, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[rest] + check
    return f"ghp_{body}{check}"


def web_token(rng):
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"' + signs(rng, MIXED, 12).encode() + b'","iat":1718031234}', rng.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


SECRETS = (
    ("aws", lambda rng: "AKIA" + signs(rng, string.ascii_uppercase + "234567", 16)),
    ("github", github),
    ("slack", lambda rng: f"xoxb-{digits(rng, 12)}-{digits(rng, 12)}-{signs(rng, MIXED, 24)}"),
    ("stripe", lambda rng: "sk_live_" + signs(rng, MIXED, 24)),
    ("google", lambda rng: "AIza" + signs(rng, MIXED + "_-", 34) + signs(rng, MIXED, 1)),
    ("gitlab", lambda rng: "glpat-" + signs(rng, MIXED, 20)),
    ("sendgrid", lambda rng: f"SG.{signs(rng, MIXED, 22)}.{signs(rng, MIXED, 43)}"),
    ("jwt", web_token),
)


def secret(scene):
    name, make = scene.rng.choice(SECRETS)
    return [Value(make(scene.rng), "credentials", f"secret.{name}")]


def password(scene):
    return [Value(signs(scene.rng, MIXED + "!#%", 14), "credentials", "secret.password")]


def secret_url(scene):
    """What is secret in it is the password; taking out more of the URL is as good."""
    return ["postgres://billing:", Value(signs(scene.rng, MIXED, 18), "credentials", "secret.url"), "@db.internal.example.com:5432/billing"]


# From here on nothing is personal.
def order(scene):
    rng = scene.rng
    return [rng.choice((f"SO-{digits(rng, 6)}", f"2026-{rng.randrange(1, 13):02}-{digits(rng, 5)}", f"45{digits(rng, 8)}",
                        f"{signs(rng, string.ascii_uppercase, 2)}{digits(rng, 7)}", digits(rng, 7)))]


def tracking(scene):
    rng = scene.rng
    return [rng.choice((f"1Z{signs(rng, string.ascii_uppercase + string.digits, 6)}{digits(rng, 10)}", f"JJD{digits(rng, 18)}",
                        f"00{digits(rng, 18)}", f"3S{signs(rng, string.ascii_uppercase, 4)}{digits(rng, 9)}"))]


def isbn(scene):
    body = "978" + scene.rng.choice("0123") + digits(scene.rng, 8)
    check = str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10)
    return [scene.rng.choice((body + check, f"{body[:3]}-{body[3]}-{body[4:7]}-{body[7:]}-{check}"))]


def ean(scene):
    body = scene.rng.choice(("40", "50", "76", "87", "30")) + digits(scene.rng, 10)
    return [body + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10)]


def amount(scene):
    value = scene.rng.randrange(500, 900_000)
    whole, cents = divmod(value, 100)
    if scene.language == "en":
        return [f"£{whole:,}.{cents:02}"]
    separator = scene.rng.choice((".", " ", "\u00a0"))
    return [f"{whole:,}".replace(",", separator) + f",{cents:02} " + {"pl": "zł", "cs": "Kč", "sv": "kr", "da": "kr.", "hu": "Ft", "ro": "lei", "bg": "лв."}.get(scene.language, "€")]


def stamp(scene):
    rng = scene.rng
    at = f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    return [at + rng.choice(("Z", f".{digits(rng, 3)}Z", "+02:00", f".{digits(rng, 6)}+00:00"))]


def version(scene):
    rng = scene.rng
    one = rng.randrange
    return [rng.choice((f"{one(1, 20)}.{one(20)}.{one(30)}", f"v{one(1, 9)}.{one(20)}.{one(10)}-rc{one(1, 5)}", f"{one(1, 12)}.{one(9)}.{one(20)}.{one(200)}"))]


def filler(make):
    return lambda scene: [str(make(scene))]


SLOTS = {
    "person": person, "tax": tax, "company": company, "idcard": idcard, "passport": passport, "iban": iban,
    "iban.solid": iban_solid, "bic": bic, "lei": legal_entity, "phone": phone, "phone.e164": phone_e164, "email": email,
    "card": card, "crypto": crypto, "mac": mac, "imei": phone_identity, "ip": ip, "ip6": ip6, "birth": birth, "plate": plate,
    "mrz": mrz, "secret": secret, "password": password, "secret_url": secret_url,
    "order": order, "tracking": tracking, "isbn": isbn, "ean": ean, "amount": amount, "stamp": stamp, "version": version,
    "date": filler(lambda scene: day(scene, 2024, 2027)),
    "isodate": filler(lambda scene: f"2026-0{scene.rng.randrange(1, 10)}-{scene.rng.randrange(10, 29)}"),
    "time": filler(lambda scene: f"{scene.rng.randrange(7, 20)}:{scene.rng.randrange(10, 60)}"),
    "number": filler(lambda scene: digits(scene.rng, scene.rng.randrange(4, 8))),
    "decimal": filler(lambda scene: f"{scene.rng.randrange(1, 9000)}.{scene.rng.randrange(100):02}"),
    "invoice": filler(lambda scene: f"RE-2026-{digits(scene.rng, 5)}"),
    "ticket": filler(lambda scene: f"INC{digits(scene.rng, 7)}"),
    "epoch": filler(lambda scene: f"17{digits(scene.rng, 11)}"),
    "uuid": filler(lambda scene: uuid.UUID(bytes=scene.rng.randbytes(16), version=4)),
    "sha": filler(lambda scene: scene.rng.randbytes(20).hex()[:scene.rng.choice((7, 12, 40))]),
    "hex32": filler(lambda scene: scene.rng.randbytes(16).hex()),
    "hex64": filler(lambda scene: scene.rng.randbytes(32).hex()),
    "name": filler(lambda scene: " ".join(scene.keep("person", lambda: names(scene)))),
    "name2": filler(lambda scene: scene.fake.name()),
    "company_name": filler(lambda scene: scene.keep("company", scene.fake.company)),
    "street": filler(lambda scene: scene.keep("street", scene.fake.street_address)),
    "postcode": filler(lambda scene: scene.keep("postcode", scene.fake.postcode)),
    "city": filler(lambda scene: scene.keep("city", scene.fake.city)),
}
