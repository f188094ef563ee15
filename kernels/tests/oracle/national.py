"""Valid numbers of every national scheme, as python-stdnum sees them, and how they are written.

    pip install python-stdnum==2.2
    python kernels/tests/oracle/national.py --count 20 > kernels/tests/oracle/national.txt

Each line: kind, tab, the number in one piece, tab, the number as it is usually written. The numbers are
drawn (no person's), and the same seed gives the same ones. `tests/national.rs` reads the committed file;
`--count 500` and `INLAND_NUMBERS=FILE cargo test -p inland-kernels --test national` check more.
"""

import argparse
import importlib
import random
import string
import sys

# What is drawn: `#` a digit, `@` a capital letter, `*` either, `{yymmdd}` and its likes a day.
TEMPLATES = {
    "at.vnr": ["####{ddmmyy}"],
    "at.tin": ["#########"],
    "at.uid": ["ATU########"],
    "be.nn": ["{yymmdd}#####"],
    "be.vat": ["0#########", "1#########", "BE0#########"],
    "bg.egn": ["{yymmdd}####"],
    "bg.pnf": ["##########"],
    "bg.vat": ["BG#########", "#########"],
    "ch.ssn": ["756##########"],
    "ch.uid": ["CHE#########"],
    "cy.vat": ["########@", "CY########@"],
    "cz.rc": ["{yymmdd}####"],
    "cz.dic": ["CZ########", "########"],
    "de.idnr": ["###########"],
    "de.vat": ["DE#########", "#########"],
    "dk.cpr": ["{ddmmyy}####"],
    "dk.cvr": ["DK########", "########"],
    "ee.ik": ["3{yymmdd}####", "4{yymmdd}####", "5{yymmdd}####"],
    "ee.registrikood": ["1#######"],
    "ee.kmkr": ["EE#########", "#########"],
    "es.dni": ["########@"],
    "es.nie": ["X#######@", "Y#######@", "Z#######@"],
    "es.nif": ["K#######@", "ES########@"],
    "es.cif": ["A########", "B########", "P#######@"],
    "fi.hetu": ["{ddmmyy}-###*", "{ddmmyy}A###*", "{ddmmyy}Y###*"],
    "fi.ytunnus": ["########"],
    "fi.alv": ["FI########"],
    "fr.nir": ["1{yymm}##########", "2{yymm}##########"],
    "fr.nif": ["0############", "3############"],
    "fr.siren": ["#########"],
    "fr.siret": ["##############"],
    "fr.tva": ["FR##3########", "FR##4########"],
    "gb.nhs": ["4#########", "9#########"],
    "gb.utr": ["2#########", "5#########"],
    "gb.vat": ["GB#########", "9########"],
    "gb.upn": ["@8###########"],
    "gr.amka": ["{ddmmyy}#####"],
    "gr.vat": ["EL#########", "#########"],
    "hr.oib": ["###########"],
    "hu.anum": ["HU########", "########"],
    "ie.pps": ["#######@", "#######@A"],
    "ie.vat": ["IE#######@"],
    "is_.kennitala": ["{ddmmyy}##90"[:-1] + "9"],
    "it.codicefiscale": ["@@@@@@{yy}C{dd}@###@"],
    "it.iva": ["0##########", "IT0##########"],
    "lt.asmens": ["3{yymmdd}####", "4{yymmdd}####"],
    "lt.pvm": ["LT#######1#"],
    "lu.tva": ["LU########", "########"],
    "lv.pvn": ["LV4##########", "4##########"],
    "mt.vat": ["MT########", "########"],
    "nl.bsn": ["#########"],
    "nl.btw": ["NL#########B##"],
    "nl.onderwijsnummer": ["10#######"],
    "no.fodselsnummer": ["{ddmmyy}#####"],
    "no.orgnr": ["9########", "8########"],
    "no.mva": ["NO9########MVA", "9########MVA"],
    "pl.pesel": ["{yymmdd}#####"],
    "pl.nip": ["5#########", "PL7#########"],
    "pl.regon": ["#########"],
    "pt.nif": ["5########", "2########", "PT5########"],
    "pt.cc": ["#########@@#", "#########@##"],
    "ro.cnp": ["1{yymmdd}######", "2{yymmdd}######", "5{yymmdd}######"],
    "ro.cui": ["RO########", "RO#######"],
    "se.personnummer": ["{yymmdd}-####", "{yyyymmdd}-####"],
    "se.orgnr": ["556#######"],
    "se.vat": ["SE556#######01"],
    "si.emso": ["{ddmm}9######"+"##", "{ddmm}0#####"+"###"],
    "si.ddv": ["SI########", "########"],
    "si.maticna": ["#######"],
    "sk.rc": ["{yymmdd}####"],
    "sk.dph": ["SK2#########", "2#########"],
}
# Written in more ways than python-stdnum's own `format`.
GROUPED = {
    "at.vnr": (4, 6), "de.idnr": (2, 3, 3, 3), "bg.egn": (6, 4), "gr.amka": (6, 5), "nl.bsn": (4, 2, 3),
    "pt.nif": (3, 3, 3), "no.orgnr": (3, 3, 3), "no.fodselsnummer": (6, 5), "lv.pvn": (),
}


def draw(template, rng):
    year, month, day = rng.randrange(1941, 1999), rng.randrange(1, 13), rng.randrange(1, 29)
    parts = {
        "yyyymmdd": f"{year}{month:02}{day:02}", "yymmdd": f"{year % 100:02}{month:02}{day:02}",
        "ddmmyy": f"{day:02}{month:02}{year % 100:02}", "yymm": f"{year % 100:02}{month:02}",
        "ddmm": f"{day:02}{month:02}", "yy": f"{year % 100:02}", "dd": f"{day:02}",
    }
    for name, text in parts.items():
        template = template.replace("{" + name + "}", text)
    sets = {"#": string.digits, "@": string.ascii_uppercase, "*": string.digits + string.ascii_uppercase}
    return "".join(rng.choice(sets[sign]) if sign in sets else sign for sign in template)


def grouped(kind, number, module):
    if kind in GROUPED and number.isdigit():
        groups, rest = [], number
        for length in GROUPED[kind]:
            groups.append(rest[:length])
            rest = rest[length:]
        return " ".join([group for group in groups + [rest] if group])
    try:
        return module.format(number)
    except (AttributeError, TypeError, ValueError, IndexError):
        return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20, help="numbers of each kind, 1 to 100000")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for number, (kind, templates) in enumerate(TEMPLATES.items()):
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {len(TEMPLATES)} kinds", end="", file=sys.stderr)
        module = importlib.import_module("stdnum." + kind)
        found = set()
        for attempt in range(options.count * 20000):
            candidate = draw(templates[attempt % len(templates)], rng)
            if candidate not in found and module.is_valid(candidate):
                found.add(candidate)
                print(f"{kind.replace('is_.', 'is.')}\t{candidate}\t{grouped(kind, candidate, module)}")
            if len(found) == options.count:
                break
        else:
            print(f"{kind}: only {len(found)} found", file=sys.stderr)


if __name__ == "__main__":
    main()
