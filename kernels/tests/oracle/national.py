"""Valid numbers of every European scheme of python-stdnum that is one of persons, companies or accounts.

    pip install python-stdnum==2.2
    python kernels/tests/oracle/national.py > kernels/tests/oracle/national.txt

The numbers are drawn (no person's), and the same seed gives the same ones. `tests/national.rs` reads the
committed file; `--count 500` and `INLAND_NUMBERS=FILE cargo test -p inland-kernels --test national` check
more. A module of a European country that is neither drawn from here nor left out with a reason is an
error, so a new python-stdnum shows what is missing.

Each line has these fields, with a tab between:

  kind      python-stdnum's name, `iban`, `lei`, `imei` or `crypto.btc`
  label     the policy's class
  proof     `check`: it has check digits; `form`: it has none, but letters or ranges that show what it is;
            `word`: nothing but a form, so it counts beside a word about it
  solid     the number in one piece
  written   the ways in which it is written, `|` between
  also      other kinds of this file whose number python-stdnum takes the solid one for
  accepted  of the numbers that differ in one character, those that python-stdnum accepts as the same kind
            (`*`: there is no check to break)
"""

import argparse
import importlib
import os
import random
import string
import sys

import stdnum
from stdnum import iban, lei, luhn
from stdnum.ch import esr
from stdnum.es import ccc
from stdnum.eu import at_02

COUNTRIES = """ad al at az ba be bg by ch cy cz de dk ee es eu fi fo fr gb gr hr hu ie is_ it li lt lu lv
mc md me mk mt nl no pl pt ro rs ru se si sk sm tr ua""".split()

# (kind, label, proof, templates): `#` a digit, `@` a capital letter, `*` either, `{yymmdd}` and its likes a
# day, `{mm+20}` a month and more.
DRAWN = [
    ("ad.nrt", "tax_id", "word", ["U######@", "L7#####@", "F1#####@"]),
    ("al.nipt", "tax_id", "word", ["J########@", "K########@"]),
    ("at.businessid", "company_id", "word", ["######f", "FN######k"]),
    ("at.tin", "tax_id", "check", ["#########"]),
    ("at.uid", "company_id", "check", ["ATU########"]),
    ("at.vnr", "national_id", "check", ["####{ddmmyy}"]),
    ("az.voen", "tax_id", "check", ["1########1", "2########2"]),
    ("be.bis", "national_id", "check", ["{yy}{mm+20}{dd}#####", "{yy}{mm+40}{dd}#####"]),
    ("be.eid", "passport_id", "check", ["5###########"]),
    ("be.nn", "national_id", "check", ["{yymmdd}#####"]),
    ("be.ogm_vcs", "account_id", "check", ["0###########"]),
    ("be.vat", "company_id", "check", ["0#########", "1#########", "BE0#########"]),
    ("bg.egn", "national_id", "check", ["{yymmdd}####"]),
    ("bg.pnf", "national_id", "check", ["##########"]),
    ("bg.vat", "company_id", "check", ["BG#########", "#########"]),
    ("by.unp", "tax_id", "check", ["1########", "MA#######", "KE#######"]),
    ("ch.esr", "account_id", "check", None),
    ("ch.ssn", "national_id", "check", ["756##########"]),
    ("ch.uid", "company_id", "check", ["CHE#########"]),
    ("ch.vat", "company_id", "check", ["CHE#########IVA", "CHE#########TVA", "CHE#########TPV"]),
    ("cy.vat", "company_id", "check", ["########@", "CY########@"]),
    ("cz.bankaccount", "account_id", "check", None),
    ("cz.dic", "company_id", "check", ["CZ########", "########", "CZ6########"]),
    ("cz.rc", "national_id", "check", ["{yymmdd}####", "{yy}{mm+50}{dd}####"]),
    ("de.handelsregisternummer", "company_id", "form", None),
    ("de.idnr", "tax_id", "check", ["###########"]),
    ("de.stnr", "tax_id", "word", ["##8########", "93815#8#####"[:10], "31810########"[:13]]),
    ("de.vat", "company_id", "check", ["DE#########", "#########"]),
    ("dk.cpr", "national_id", "form", ["{ddmmyy}####"]),
    ("dk.cvr", "company_id", "check", ["DK########", "########"]),
    ("ee.ik", "national_id", "check", ["3{yymmdd}####", "4{yymmdd}####", "5{yymmdd}####"]),
    ("ee.kmkr", "company_id", "check", ["EE#########", "#########"]),
    ("ee.registrikood", "company_id", "check", ["1#######"]),
    ("es.cae", "company_id", "form", ["ES00008H1###@", "ES00028A7###@", "ES00041V7###@"]),
    ("es.ccc", "account_id", "check", None),
    ("es.cif", "company_id", "check", ["A########", "B########", "P#######@"]),
    ("es.dni", "national_id", "check", ["########@"]),
    ("es.nie", "national_id", "check", ["X#######@", "Y#######@", "Z#######@"]),
    ("es.nif", "tax_id", "check", ["K#######@", "ES########@"]),
    ("eu.at_02", "company_id", "check", None),
    ("eu.oss", "company_id", "form", ["EU372######", "EU528######", "IM250#######"]),
    ("fi.alv", "company_id", "check", ["FI########"]),
    ("fi.associationid", "company_id", "word", ["1#####", "2####"]),
    ("fi.hetu", "national_id", "check", ["{ddmmyy}-###*", "{ddmmyy}A###*", "{ddmmyy}Y###*"]),
    ("fi.veronumero", "tax_id", "word", ["1###########"]),
    ("fi.ytunnus", "company_id", "check", ["########"]),
    ("fo.vn", "company_id", "word", ["######", "FO######"]),
    ("fr.accise", "company_id", "form", ["FR023###N####", "FR017###E####"]),
    ("fr.nif", "tax_id", "check", ["0############", "3############"]),
    ("fr.nir", "national_id", "check", ["1{yymm}##########", "2{yymm}##########", "1{yymm}2B########"]),
    ("fr.siren", "company_id", "check", ["#########"]),
    ("fr.siret", "company_id", "check", ["##############"]),
    ("fr.tva", "company_id", "check", ["FR##3########", "FR##4########"]),
    ("gb.nhs", "national_id", "check", ["4#########", "9#########"]),
    ("gb.upn", "national_id", "check", ["@8###########"]),
    ("gb.utr", "tax_id", "check", ["2#########", "5#########"]),
    ("gb.vat", "company_id", "check", ["GB#########", "9########", "XI#########"]),
    ("gr.amka", "national_id", "check", ["{ddmmyy}#####"]),
    ("gr.vat", "tax_id", "check", ["EL#########", "#########"]),
    ("hr.oib", "tax_id", "check", ["###########", "HR###########"]),
    ("hu.anum", "company_id", "check", ["HU########", "########"]),
    ("ie.pps", "national_id", "check", ["#######@", "#######@A"]),
    ("ie.vat", "company_id", "check", ["IE#######@"]),
    ("is_.kennitala", "national_id", "check", ["{ddmmyy}###9"]),
    ("is_.vsk", "company_id", "word", ["######", "IS######"]),
    ("it.codicefiscale", "tax_id", "check", ["@@@@@@{yy}C{dd}@###@"]),
    ("it.iva", "company_id", "check", ["0##########", "IT0##########"]),
    ("li.peid", "tax_id", "word", ["##########", "1#####"]),
    ("lt.asmens", "national_id", "check", ["3{yymmdd}####", "4{yymmdd}####"]),
    ("lt.pvm", "company_id", "check", ["LT#######1#"]),
    ("lu.tva", "company_id", "check", ["LU########", "########"]),
    ("lv.pvn", "company_id", "check", ["LV4##########", "4##########"]),
    ("lv.personaskods", "national_id", "check", ["{ddmmyy}1####", "32#########"]),
    ("mc.tva", "company_id", "check", ["FR##000######"]),
    ("md.idno", "company_id", "check", ["100##########", "101##########"]),
    ("me.pib", "company_id", "check", ["0#######"]),
    ("mk.edb", "company_id", "check", ["40###########", "MK40###########"]),
    ("mt.vat", "company_id", "check", ["MT########", "########"]),
    ("nl.brin", "company_id", "word", ["05KO", "##@@", "##@@##"]),
    ("nl.bsn", "national_id", "check", ["#########"]),
    ("nl.btw", "company_id", "check", ["NL#########B##"]),
    ("nl.identiteitskaartnummer", "passport_id", "word", ["EM*######", "NX*##*###"]),
    ("nl.onderwijsnummer", "national_id", "check", ["10#######"]),
    ("no.fodselsnummer", "national_id", "check", ["{ddmmyy}#####"]),
    ("no.kontonr", "account_id", "check", ["1##########", "8##########"]),
    ("no.mva", "company_id", "check", ["NO9########MVA", "9########MVA"]),
    ("no.orgnr", "company_id", "check", ["9########", "8########"]),
    ("pl.nip", "tax_id", "check", ["5#########", "PL7#########"]),
    ("pl.pesel", "national_id", "check", ["{yymmdd}#####"]),
    ("pl.regon", "company_id", "check", ["#########"]),
    ("pt.cc", "national_id", "check", ["#########@@#", "#########@##"]),
    ("pt.nif", "tax_id", "check", ["5########", "2########", "PT5########"]),
    ("ro.cf", "tax_id", "check", ["RO1{yymmdd}######", "RO2{yymmdd}######"]),
    ("ro.cnp", "national_id", "check", ["1{yymmdd}######", "2{yymmdd}######", "5{yymmdd}######"]),
    ("ro.cui", "company_id", "check", ["RO########", "RO#######"]),
    ("ro.onrc", "company_id", "form", ["J40/####/20{yy<24}", "F5/###/2003", "J201######2#0#", "J20250#####00#"]),
    ("rs.pib", "company_id", "check", ["1########"]),
    ("ru.inn", "tax_id", "check", ["7#########", "77##########"]),
    ("ru.ogrn", "company_id", "check", ["10###########", "30#############"]),
    ("se.orgnr", "company_id", "check", ["556#######"]),
    ("se.personnummer", "national_id", "check", ["{yymmdd}-####", "{yyyymmdd}-####"]),
    ("se.vat", "company_id", "check", ["SE556#######01"]),
    ("si.ddv", "tax_id", "check", ["SI########", "########"]),
    ("si.emso", "national_id", "check", ["{ddmm}9{yy}50####", "{ddmm}00#50####"]),
    ("si.maticna", "company_id", "check", ["#######"]),
    ("sk.dph", "company_id", "check", ["SK2#########", "2#########"]),
    ("sk.rc", "national_id", "check", ["{yymmdd}####"]),
    ("sm.coe", "company_id", "word", ["2####", "1###", "SM24###"]),
    ("tr.tckimlik", "national_id", "check", ["###########"]),
    ("tr.vkn", "tax_id", "check", ["##########"]),
    ("ua.edrpou", "company_id", "check", ["3#######", "1#######"]),
    ("ua.rntrc", "tax_id", "check", ["2#########", "3#########"]),
    ("iban", "iban", "check", None),
    ("lei", "company_id", "check", None),
    ("imei", "device_id", "word", None),
    ("crypto.btc", "account_id", "check", None),
]
# Where python-stdnum has it under another name.
MODULES = {"crypto.btc": "bitcoin", "lv.personaskods": "lv.pvn"}
# What is written without python-stdnum's prefix or with more than it takes.
PREFIXES = {"al.nipt": "AL", "at.businessid": "FN", "fo.vn": "FO", "is_.vsk": "IS", "sm.coe": "SM", "mk.edb": "MK"}

LEFT_OUT = {
    "at.postleitzahl": "a place", "es.postal_code": "a place", "nl.postcode": "a place",
    "se.postnummer": "a place", "be.iban": "drawn as iban", "es.iban": "drawn as iban",
    "me.iban": "drawn as iban", "no.iban": "drawn as iban",
    "be.ssn": "the numbers of be.nn and be.bis", "eu.vat": "the numbers of the member states",
    "de.leitweg": "the postbox of an authority, up to 46 characters", "de.wkn": "a security",
    "gb.sedol": "a security", "es.cups": "a meter", "es.referenciacatastral": "a piece of land",
    "eu.banknote": "a banknote", "eu.ecnumber": "a substance", "eu.nace": "a line of business",
    "eu.eic": "points of the grids, and who runs them", "it.aic": "a medicine",
    "eu.excise": "eleven characters of any kind behind the country's letters; the national forms are drawn",
    "fr.rcs": "a city and a SIREN: found as fr.siren",
}

# Written in more ways than python-stdnum's own `format`.
GROUPED = {
    "at.vnr": (4, 6), "de.idnr": (2, 3, 3, 3), "bg.egn": (6, 4), "gr.amka": (6, 5), "nl.bsn": (4, 2, 3),
    "pt.nif": (3, 3, 3), "no.orgnr": (3, 3, 3), "no.fodselsnummer": (6, 5), "az.voen": (3, 3, 4),
    "tr.tckimlik": (3, 3, 3, 2), "lv.personaskods": (6, 5), "tr.vkn": (3, 3, 4), "rs.pib": (3, 3, 3), "fr.siren": (3, 3, 3),
    "fr.siret": (3, 3, 3, 5), "imei": (2, 6, 6, 1), "iban": (4, 4, 4, 4, 4, 4, 4, 4),
}


def draw(template, rng):
    year, month, day = rng.randrange(1941, 1999), rng.randrange(1, 13), rng.randrange(1, 29)
    parts = {
        "yyyymmdd": f"{year}{month:02}{day:02}", "yymmdd": f"{year % 100:02}{month:02}{day:02}",
        "ddmmyy": f"{day:02}{month:02}{year % 100:02}", "yymm": f"{year % 100:02}{month:02}",
        "ddmm": f"{day:02}{month:02}", "yy": f"{year % 100:02}", "dd": f"{day:02}",
        "mm+20": f"{month + 20:02}", "mm+40": f"{month + 40:02}", "mm+50": f"{month + 50:02}",
        "yy<24": f"{year % 24:02}",
    }
    for name, text in parts.items():
        template = template.replace("{" + name + "}", text)
    sets = {"#": string.digits, "@": string.ascii_uppercase, "*": string.digits + string.ascii_uppercase}
    return "".join(rng.choice(sets[sign]) if sign in sets else sign for sign in template)


def digits(rng, count):
    return "".join(rng.choice(string.digits) for _ in range(count))


def make(kind, rng):
    """A number that hardly any drawn one would be, by python-stdnum's own check digits."""
    if kind == "ch.esr":
        body = digits(rng, 26)
        return body + esr.calc_check_digit(body)
    if kind == "cz.bankaccount":
        prefix = rng.choice(["", "19-", "107-", digits(rng, 5).lstrip("0") + "-"])
        return f"{prefix}{rng.randrange(10**6, 10**10)}/{rng.choice(['0100', '0300', '0800', '2010', '6210'])}"
    if kind == "de.handelsregisternummer":
        return rng.choice(["HRB", "HRA"]) + str(rng.randrange(1000, 250000))
    if kind == "es.ccc":
        number = rng.choice(["2100", "0049", "0182"]) + digits(rng, 16)
        return number[:8] + ccc.calc_check_digits(number) + number[10:]
    if kind == "eu.at_02":
        head, count = rng.choice([("ES", 8), ("DE", 11), ("FR", 6), ("AT", 11), ("PT", 6)])
        number = head + "00ZZZ" + digits(rng, count) + ("K" if head == "ES" else "")
        return head + at_02.calc_check_digits(number) + number[4:]
    if kind == "iban":
        country, account = rng.choice([
            ("DE", digits(rng, 18)), ("AT", digits(rng, 16)), ("NL", "INGB" + digits(rng, 10)),
            ("GB", "NWBK" + digits(rng, 14)), ("PL", digits(rng, 24)), ("GR", digits(rng, 23)),
            ("BE", belgian(rng)), ("ES", make("es.ccc", rng)), ("ME", montenegrin(rng)), ("NO", norwegian(rng)),
        ])
        return country + iban.calc_check_digits(country + "00" + account) + account
    if kind == "lei":
        body = digits(rng, 4) + "00" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(12))
        return body + lei.mod_97_10.calc_check_digits(body)
    if kind == "imei":
        body = "35" + digits(rng, 12)
        return body + luhn.calc_check_digit(body)
    return bitcoin_address(rng)


def belgian(rng):
    body = digits(rng, 10)
    return body + f"{int(body) % 97 or 97:02}"


def montenegrin(rng):
    body = "505" + digits(rng, 13)
    return body + f"{98 - int(body) * 100 % 97:02}"


def norwegian(rng):
    module = importlib.import_module("stdnum.no.kontonr")
    while True:
        body = "8" + digits(rng, 10)
        if module.is_valid(body):
            return body


def bitcoin_address(rng):
    import hashlib
    payload = bytes([rng.choice([0, 5])]) + bytes(rng.randrange(256) for _ in range(20))
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    value, text = int.from_bytes(payload, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + text
    zeros = len(payload) - len(payload.lstrip(b"\0"))
    return "1" * zeros + text


def is_valid(kind, number, module):
    # § 139b AO, BZSt: a digit that stands three times does not do so in a row; python-stdnum has it so.
    if kind == "de.idnr" and any(digit * 3 in number for digit in string.digits):
        return False
    if kind == "de.handelsregisternummer":
        return module.is_valid(f"Aachen {number[:3]} {number[3:]}")
    prefix = PREFIXES.get(kind, "")
    return module.is_valid(number.removeprefix(prefix) if prefix else number)


def written(kind, number, module):
    forms = []
    if kind == "de.handelsregisternummer":
        forms.append(f"{number[:3]} {number[3:]}")
    elif kind not in PREFIXES or not number.startswith(PREFIXES[kind]):
        try:
            forms.append(module.format(number))
        except (AttributeError, TypeError, ValueError, IndexError):
            pass
    if kind in GROUPED and (number.isdigit() or kind == "iban"):
        groups, rest = [], number
        for length in GROUPED[kind]:
            groups.append(rest[:length])
            rest = rest[length:]
        forms.append(" ".join(group for group in groups + [rest] if group))
    return list(dict.fromkeys(form for form in forms if form != number)) or [number]


def others(number):
    """Every number that differs in one digit or one letter."""
    for place, sign in enumerate(number):
        letters = string.digits if sign.isdigit() else string.ascii_uppercase if sign.isupper() else ""
        for other in letters:
            if other != sign:
                yield number[:place] + other + number[place + 1:]


def check_coverage():
    drawn = {kind for kind, *_ in DRAWN}
    missing = []
    for country in COUNTRIES:
        folder = os.path.join(os.path.dirname(stdnum.__file__), country)
        names = os.listdir(folder) if os.path.isdir(folder) else []
        kinds = [f"{country}.{name[:-3]}" for name in names if name.endswith(".py") and name[0] != "_"]
        missing += [kind for kind in kinds if kind not in drawn and kind not in LEFT_OUT]
    if missing:
        sys.exit("neither drawn nor left out: " + " ".join(sorted(missing)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=16, help="numbers of each kind, 1 to 100000")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    check_coverage()
    modules = {kind: importlib.import_module("stdnum." + MODULES.get(kind, kind)) for kind, *_ in DRAWN}
    for number, (kind, label, proof, templates) in enumerate(DRAWN):
        # Each kind has numbers of its own, whatever is drawn before it.
        rng = random.Random(f"{options.seed} {kind}")
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {len(DRAWN)} kinds", end="", file=sys.stderr)
        module, found = modules[kind], []
        for attempt in range(options.count * 20000):
            candidate = draw(templates[attempt % len(templates)], rng) if templates else make(kind, rng)
            # CPR-kontoret: only birthdays on a 1 January have numbers whose check digit is wrong.
            if kind == "dk.cpr" and module.checksum(candidate) != 0:
                continue
            if candidate not in found and is_valid(kind, candidate, module):
                found.append(candidate)
            if len(found) == options.count:
                break
        else:
            print(f"{kind}: only {len(found)} found", file=sys.stderr)
        for candidate in found:
            also = [
                other.replace("is_.", "is.") for other, *_ in DRAWN
                if other != kind and any(
                    is_valid(other, form, modules[other]) for form in [candidate, *written(kind, candidate, module)]
                )
            ]
            accepted = ["*"] if proof != "check" else [
                other for other in others(candidate) if is_valid(kind, other, module)
            ]
            fields = [
                kind.replace("is_.", "is."), label, proof, candidate, "|".join(written(kind, candidate, module)),
                " ".join(also), " ".join(accepted),
            ]
            print("\t".join(fields))


if __name__ == "__main__":
    main()
