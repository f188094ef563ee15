"""IBANs whose outer check is right, with an inner check that is right or wrong, as schwifty and python-stdnum say.

    pip install schwifty==2026.10.1 python-stdnum==2.2
    python kernels/tests/oracle/iban.py > kernels/tests/oracle/iban.txt

The numbers are drawn, and the same seed gives the same ones. `tests/national.rs` reads the committed file. Each
line is `right` or `wrong`, a tab and the number.
"""

import random

from schwifty import checksum
from schwifty.bban import BBAN
from schwifty.exceptions import SchwiftyException
from stdnum import iban
from stdnum.be import iban as be_iban
from stdnum.cz import bankaccount
from stdnum.es import ccc
from stdnum.iso7064 import mod_11_10, mod_97_10

EACH = 8
# Digits and what else stands in an account, as in the registry: `#` a digit, `@` a capital, `*` either.
ACCOUNTS = {
    "BA": "#" * 16, "BE": "#" * 12, "CZ": "0800" + "#" * 16, "EE": "#" * 16, "ES": "#" * 20, "FI": "#" * 14,
    "FR": "#" * 10 + "*" * 11 + "##", "HR": "#" * 17, "IT": "@" + "#" * 10 + "*" * 12,
    "MC": "#" * 10 + "*" * 11 + "##", "ME": "#" * 18, "MK": "###" + "*" * 10 + "##", "NO": "#" * 11,
    "PL": "#" * 24, "PT": "#" * 21, "RS": "#" * 18, "SI": "#" * 15, "SK": "0900" + "#" * 16,
    "SM": "@" + "#" * 10 + "*" * 12, "XK": "#" * 16,
}
BY_STDNUM = {
    "BE": lambda it: it[-2:] == be_iban._calc_check_digits(it[:-2]),
    "ES": ccc.is_valid,
    "HR": lambda it: mod_11_10.is_valid(it[:7]) and mod_11_10.is_valid(it[7:]),
    "CZ": lambda it: bankaccount.is_valid(f"{it[4:10]}-{it[10:]}/{it[:4]}"),
    "XK": mod_97_10.is_valid,
}


def drawn(rng, template):
    signs = {"#": "0123456789", "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "*": "00112233445566778899ABMXZ"}
    return "".join(rng.choice(signs.get(sign, sign)) for sign in template)


def by_schwifty(country, account):
    try:
        return BBAN(country, account).validate_national_checksum()
    except SchwiftyException:
        return False


def is_right(country, account):
    said = set()
    if f"{country}:default" in checksum.algorithms:
        said.add(by_schwifty(country, account))
    if country in BY_STDNUM:
        said.add(bool(BY_STDNUM[country](account)))
    (right,) = said  # both say the same
    return right


def main():
    rng = random.Random(5)
    for country, template in ACCOUNTS.items():
        left = {True: EACH, False: EACH}
        while any(left.values()):
            account = drawn(rng, template)
            right = is_right(country, account)
            if left[right]:
                left[right] -= 1
                number = country + iban.calc_check_digits(country + "00" + account) + account
                print("right" if right else "wrong", number, sep="\t")


main()
