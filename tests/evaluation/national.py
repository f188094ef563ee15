"""National numbers: drawn at random, kept if an independent rule says that they are valid.

The rule is python-stdnum's where it knows the number. The others are written here from the law or the
authority named beside them, so that the engine is not asked to judge itself. No number is a person's: all
are drawn.
"""

import dataclasses
import functools
import importlib
import re
import string


@dataclasses.dataclass(frozen=True)
class Number:
    """A kind of number: `drawn` as it is drawn, `written` in its forms (# takes the next character)."""

    kind: str
    label: str
    words: tuple
    drawn: tuple
    written: tuple = ()
    also: tuple = ()  # other classes that it belongs to just as well
    rule: str = ""  # python-stdnum's module, if it has another name


def luhn_like(digits, weights, modulus):
    return sum(weight * int(digit) for weight, digit in zip(weights, digits)) % modulus


def crossfoot(number):
    return number // 10 + number % 10


def letter_number(letter):
    return ord(letter) - 64


# HMRC NIM39110: no D F I Q U V first, no D F I O Q U V second, six prefixes never given out.
def gb_nino(text):
    return re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", text) and text[:2] not in {
        "BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


# 20/1996 (VII. 11.) annex: weights 3 and 7 by turns, modulo 10.
def hu_taj(text):
    return luhn_like(text[:8], (3, 7) * 4, 10) == int(text[8])


# Act CL of 2017, annex: begins with 8, weights 1 to 9, modulo 11.
def hu_adoazonosito(text):
    return text[0] == "8" and luhn_like(text[:9], range(1, 10), 11) == int(text[9]) and 10000 < int(text[1:6]) < 50000


# Tesorería General de la Seguridad Social: province and number modulo 97.
def es_nss(text):
    province, number = int(text[:2]), int(text[2:10])
    body = province * 10_000_000 + number if number < 10_000_000 else int(text[:10])
    return 1 <= province <= 52 and body % 97 == int(text[10:])


# GKV-Spitzenverband, SGB V section 290: the letter as two digits, weights 1 and 2, sums of digits, modulo 10.
def de_kvnr(text):
    digits = f"{letter_number(text[0]):02}{text[1:9]}"
    total = sum(crossfoot(int(digit) * (1, 2)[place % 2]) for place, digit in enumerate(digits))
    return total % 10 == int(text[9])


# VKVV section 4: weights 2 1 2 5 7 1 2 1 2 1 2 1 over the number with the letter as two digits.
def de_svnr(text):
    digits = f"{text[:8]}{letter_number(text[8]):02}{text[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(crossfoot(int(digit) * weight) for digit, weight in zip(digits, weights))
    return total % 10 == int(text[11]) and text[:2] in {"02", "04", "10", "12", "14", "25", "39", "52", "65"}


def icao(text):
    """The check digit of ICAO Doc 9303, 4.9."""
    values = [0 if sign == "<" else int(sign, 36) for sign in text]
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


# PAuswV: nine characters without vowels and letters that look like digits, then ICAO's check digit.
def de_personalausweis(text):
    return icao(text[:9]) == text[9]


# Rozporządzenie MSWiA, annex: weights 7 3 1 over letters (A = 10) and digits, the fourth being the check digit.
def pl_dowod(text):
    values = [int(sign, 36) for sign in text]
    weights = (7, 3, 1, 0, 7, 3, 1, 7, 3)
    return sum(value * weight for value, weight in zip(values, weights)) % 10 == values[3]


def always(_text):
    return True


OWN = {
    "gb.nino": gb_nino, "hu.taj": hu_taj, "hu.adoazonosito": hu_adoazonosito, "es.nss": es_nss,
    "de.kvnr": de_kvnr, "de.svnr": de_svnr, "de.personalausweis": de_personalausweis, "pl.dowod": pl_dowod,
    "it.cie": always,
}

NATIONAL, TAX, COMPANY, PASSPORT = "national_id", "tax_id", "company_id", "passport_id"
BIRTH = ("######-####", "###### ####", "##########")

PERSON = {
    "AT": [Number("at.vnr", NATIONAL, ("SVNR", "Sozialversicherungsnummer", "Versicherungsnummer"),
                  ("####{ddmmyy}",), ("#### ######", "##########"))],
    "BE": [Number("be.nn", NATIONAL, ("Rijksregisternummer", "INSZ", "Numéro de registre national", "NISS"),
                  ("{yymmdd}#####",), ("##.##.##-###.##", "###########", "###### ### ##"))],
    "BG": [Number("bg.egn", NATIONAL, ("ЕГН",), ("{yymmdd}####",), ("##########",))],
    "CH": [Number("ch.ssn", NATIONAL, ("AHV-Nr.", "AHV-Nummer", "No AVS", "Sozialversicherungsnummer"),
                  ("756##########",), ("###.####.####.##", "### #### #### ##"))],
    "CZ": [Number("cz.rc", NATIONAL, ("Rodné číslo", "RČ", "r. č."), ("{yymmdd}####",), ("######/####", "##########"),
                  (TAX,))],
    "DE": [Number("de.svnr", NATIONAL, ("Rentenversicherungsnummer", "Sozialversicherungsnummer", "SV-Nummer"),
                  ("12{ddmmyy}@###", "65{ddmmyy}@###"), ("## ###### # ###", "############")),
           Number("de.kvnr", NATIONAL, ("Krankenversichertennummer", "KVNR", "Versichertennummer"),
                  ("@#########",), ("##########",))],
    "DK": [Number("dk.cpr", NATIONAL, ("CPR-nr.", "CPR", "Personnummer"), ("{ddmmyy}####",), BIRTH)],
    "ES": [Number("es.dni", NATIONAL, ("DNI", "D.N.I.", "NIF"), ("########@",), ("#########", "########-#", "##.###.###-#"), (TAX,)),
           Number("es.nie", NATIONAL, ("NIE",), ("X#######@", "Y#######@"), ("#########", "#-#######-#"), (TAX,)),
           Number("es.nss", NATIONAL, ("Número de la Seguridad Social", "NUSS", "N.º de afiliación"),
                  ("28##########", "08##########"), ("############", "## ######## ##", "##/########/##"))],
    "FI": [Number("fi.hetu", NATIONAL, ("Henkilötunnus", "HETU", "Hetu"),
                  ("{ddmmyy}-###*", "{ddmmyy}A###*"), ("###########",))],
    "FR": [Number("fr.nir", NATIONAL, ("Numéro de sécurité sociale", "NIR", "N° SS", "n° de sécu"),
                  ("1{yymm}##########", "2{yymm}##########"),
                  ("###############", "# ## ## ## ### ### ##", "#############-##"))],
    "GB": [Number("gb.nino", NATIONAL, ("National Insurance number", "NINO", "NI no."),
                  ("@@######A", "@@######C"), ("#########", "## ## ## ## #")),
           Number("gb.nhs", NATIONAL, ("NHS number", "NHS No."), ("4#########", "9#########", "6#########"),
                  ("### ### ####", "##########", "###-###-####"))],
    "GR": [Number("gr.amka", NATIONAL, ("ΑΜΚΑ", "Α.Μ.Κ.Α."), ("{ddmmyy}#####",), ("###########",))],
    "HU": [Number("hu.taj", NATIONAL, ("TAJ szám", "TAJ-szám", "TAJ"), ("#########",), ("### ### ###", "###-###-###", "#########"))],
    "IE": [Number("ie.pps", NATIONAL, ("PPS number", "PPSN", "PPS No."), ("#######@", "#######@A"), ())],
    "IT": [Number("it.codicefiscale", TAX, ("Codice fiscale", "C.F.", "cod. fisc."), ("@@@@@@{yy}C{dd}@###@", "@@@@@@{yy}R{dd}@###@"),
                  ("################", "### ### ##### #####"), (NATIONAL,))],
    "NL": [Number("nl.bsn", NATIONAL, ("BSN", "Burgerservicenummer", "bsn"), ("#########",),
                  ("#########", "####.##.###", "### ### ###"))],
    "PL": [Number("pl.pesel", NATIONAL, ("PESEL", "nr PESEL", "Numer PESEL"), ("{yymmdd}#####",), ("###########",))],
    "PT": [Number("pt.cc", NATIONAL, ("Cartão de Cidadão", "N.º do Cartão de Cidadão"),
                  ("#########@@#",), ("############", "######## # ###"), (PASSPORT,)),
           Number("pt.nif", TAX, ("NIF", "Contribuinte n.º", "Número de contribuinte"), ("2########",),
                  ("#########", "### ### ###"), (COMPANY,))],
    "RO": [Number("ro.cnp", NATIONAL, ("CNP", "Cod numeric personal"), ("1{yymmdd}######", "2{yymmdd}######"), ("#############",))],
    "SE": [Number("se.personnummer", NATIONAL, ("Personnummer", "pnr", "Personnr"), ("{yymmdd}-####", "{yyyymmdd}-####"), ())],
}

TAXES = {
    "AT": [Number("at.tin", TAX, ("Steuernummer", "StNr."), ("#########",), ("##-###/####",))],
    "CH": [Number("ch.ssn", NATIONAL, ("AHV-Nr.", "AVS"), ("756##########",), ("###.####.####.##",))],
    "DE": [Number("de.idnr", TAX, ("Steuer-ID", "Steueridentifikationsnummer", "IdNr."), ("###########",),
                  ("###########", "## ### ### ###")),
           Number("de.stnr", TAX, ("Steuernummer", "Steuer-Nr.", "St.-Nr."), ("##########", "###########"),
                  ("###/###/####", "##/###/#####", "###/####/####"))],
    "ES": [Number("es.nif", TAX, ("NIF",), ("K#######@",), ("#########",), (NATIONAL, COMPANY))],
    "FI": [Number("fi.veronumero", TAX, ("Veronumero",), ("############",), ("############",))],
    "FR": [Number("fr.nif", TAX, ("Numéro fiscal", "N° fiscal", "SPI"), ("0############", "3############"),
                  ("#############", "## ## ### ### ###"))],
    "GB": [Number("gb.utr", TAX, ("UTR", "Unique Taxpayer Reference"), ("##########",), ("##########", "##### #####"))],
    "GR": [Number("gr.vat", TAX, ("ΑΦΜ", "Α.Φ.Μ."), ("1########", "0########"), ("#########",), (COMPANY,))],
    "HU": [Number("hu.adoazonosito", TAX, ("Adóazonosító jel", "Adóazonosító"), ("8#########",), ("##########",))],
    "PL": [Number("pl.nip", TAX, ("NIP", "nr NIP"), ("5#########", "7#########"),
                  ("##########", "###-###-##-##", "###-##-##-###"), (COMPANY,))],
    "PT": [Number("pt.nif", TAX, ("NIF", "Contribuinte"), ("2########", "1########"), ("#########", "### ### ###"), (COMPANY,))],
}

COMPANIES = {
    "AT": [Number("at.uid", COMPANY, ("UID", "UID-Nr.", "USt-IdNr."), ("ATU########",), ("###########",))],
    "BE": [Number("be.vat", COMPANY, ("BTW", "Ondernemingsnummer", "TVA", "Numéro d'entreprise"), ("0#########",),
                  ("####.###.###", "##########", "BE ####.###.###", "BE##########"))],
    "BG": [Number("bg.vat", COMPANY, ("ЕИК", "ИН по ДДС", "ДДС №"), ("#########",), ("#########", "BG#########"), (TAX,))],
    "CH": [Number("ch.uid", COMPANY, ("UID", "IDE", "Unternehmens-ID"), ("CHE#########",), ("###-###.###.###", "###-###.###.### MWST"))],
    "CZ": [Number("cz.dic", COMPANY, ("DIČ", "IČO", "IČ"), ("########",), ("########", "CZ########"), (TAX,))],
    "DE": [Number("de.vat", COMPANY, ("USt-IdNr.", "USt-ID", "Umsatzsteuer-ID"), ("#########",), ("DE#########", "DE ### ### ###"), (TAX,))],
    "DK": [Number("dk.cvr", COMPANY, ("CVR-nr.", "CVR"), ("########",), ("########", "DK########", "## ## ## ##"))],
    "ES": [Number("es.cif", COMPANY, ("CIF", "NIF", "C.I.F."), ("A########", "B########"), ("#########", "#-########", "ES#########"), (TAX,))],
    "FI": [Number("fi.ytunnus", COMPANY, ("Y-tunnus",), ("########",), ("#######-#",)),
           Number("fi.alv", COMPANY, ("ALV-nro", "ALV"), ("########",), ("FI########",))],
    "FR": [Number("fr.siret", COMPANY, ("SIRET", "N° SIRET"), ("##############",), ("##############", "### ### ### #####")),
           Number("fr.siren", COMPANY, ("SIREN", "RCS Lyon"), ("#########",), ("### ### ###", "#########")),
           Number("fr.tva", COMPANY, ("TVA intracommunautaire", "N° TVA"), ("##3########", "##4########"), ("FR###########", "FR ## #########"), (TAX,))],
    "GB": [Number("gb.vat", COMPANY, ("VAT no.", "VAT number", "VAT Reg No"), ("#########",), ("GB#########", "GB ### #### ##", "### #### ##"), (TAX,))],
    "GR": [Number("gr.vat", TAX, ("ΑΦΜ", "VAT"), ("0########", "1########"), ("EL#########", "#########"), (COMPANY,))],
    "HU": [Number("hu.anum", COMPANY, ("Adószám", "Közösségi adószám"), ("########",), ("########-2-41", "HU########"), (TAX,))],
    "IE": [Number("ie.vat", COMPANY, ("VAT no.", "VAT number"), ("#######@",), ("IE########",), (TAX,))],
    "IT": [Number("it.iva", COMPANY, ("Partita IVA", "P. IVA", "P.IVA"), ("0##########",), ("###########", "IT###########", "IT ###########"), (TAX,))],
    "NL": [Number("nl.btw", COMPANY, ("Btw-nummer", "Btw-id"), ("#########B01", "#########B02"), ("NL############", "NL #########.###"), (TAX,))],
    "PL": [Number("pl.regon", COMPANY, ("REGON",), ("#########",), ("#########",)),
           Number("pl.nip", TAX, ("NIP",), ("5#########", "7#########"), ("##########", "###-###-##-##", "PL##########"), (COMPANY,))],
    "PT": [Number("pt.nif", TAX, ("NIPC", "NIF"), ("5########",), ("#########", "PT#########", "### ### ###"), (COMPANY,))],
    "RO": [Number("ro.cui", COMPANY, ("CUI", "CIF", "Cod fiscal"), ("########", "#######"), ("########", "RO########"), (TAX,))],
    "SE": [Number("se.orgnr", COMPANY, ("Organisationsnummer", "Org.nr"), ("556#######",), ("######-####",)),
           Number("se.vat", COMPANY, ("Momsreg.nr", "VAT-nr"), ("SE556#######01",), ("##############",))],
}

CARDS = {
    "DE": [Number("de.personalausweis", PASSPORT, (), ("L########", "C########"), ())],
    "AT": [Number("at.passport", PASSPORT, (), ("P#######",), ())],
    "CH": [Number("ch.passport", PASSPORT, (), ("X#######",), ())],
    "FR": [Number("fr.cni", PASSPORT, (), ("0412########",), ())],
    "BE": [Number("be.eid", PASSPORT, (), ("############",), ("###-#######-##",))],
    "IT": [Number("it.cie", PASSPORT, (), ("CA#####@@",), ())],
    "NL": [Number("nl.identiteitskaartnummer", PASSPORT, (), ("IR@@@@##6", "NX@@####2"), ())],
    "PL": [Number("pl.dowod", PASSPORT, (), ("C@@######", "A@@######"), ("### ######", "#########"))],
    "PT": [Number("pt.cc", NATIONAL, (), ("#########@@#",), ("############",), (PASSPORT,))],
}

# Passports as they are numbered: no check digit is printed on most.
PASSPORTS = {
    "AT": "P#######", "BE": "E@######", "BG": "#########", "CH": "X#######", "CZ": "########", "DE": "C01X0#T##",
    "DK": "#########", "ES": "@@@######", "FI": "FP#######", "FR": "##@@#####", "GB": "#########", "GR": "A@#######",
    "HU": "BA#######", "IE": "P@#######", "IT": "YA#######", "NL": "NP@@@@##6", "PL": "E@#######", "PT": "C@######",
    "RO": "0########", "SE": "########",
}


def draw(template, rng):
    """`#` a digit, `@` a capital letter, `*` either, `{yymmdd}` and its likes parts of a day."""
    year, month, day = rng.randrange(1941, 1999), rng.randrange(1, 13), rng.randrange(1, 29)
    parts = {
        "yyyymmdd": f"{year}{month:02}{day:02}", "yymmdd": f"{year % 100:02}{month:02}{day:02}",
        "ddmmyy": f"{day:02}{month:02}{year % 100:02}", "yymm": f"{year % 100:02}{month:02}",
        "yy": f"{year % 100:02}", "dd": f"{day:02}",
    }
    for name, text in parts.items():
        template = template.replace("{" + name + "}", text)
    sets = {"#": string.digits, "@": string.ascii_uppercase, "*": string.digits + string.ascii_uppercase}
    return "".join(rng.choice(sets[sign]) if sign in sets else sign for sign in template)


@functools.cache
def rule(kind):
    """Says whether a text is a valid number of a kind."""
    if kind in OWN:
        return OWN[kind]
    if kind.endswith((".passport", ".cni")):
        return always  # nothing is checked in it
    return importlib.import_module("stdnum." + kind.replace("is.", "is_.")).is_valid


def number(it, rng):
    """A valid number in one of its forms."""
    valid = rule(it.kind)
    for _ in range(200_000):
        solid = draw(rng.choice(it.drawn), rng)
        if it.kind == "de.personalausweis":
            solid = re.sub("[AEIOUBDQS]", "F", solid)
            solid += icao(solid)
        if valid(solid):
            break
    else:
        raise ValueError(f"no {it.kind} was found")
    if it.kind == "de.personalausweis":
        solid = solid[:9]  # the card shows it without its check digit
    fitting = [form for form in it.written if form.count("#") == len(solid)]
    if not fitting:
        return solid
    signs = iter(solid)
    return "".join(next(signs) if sign == "#" else sign for sign in rng.choice(fitting))
