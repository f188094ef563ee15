"""VAT numbers of every country of the EU, as python-stdnum holds them for valid.

    pip install python-stdnum==2.2
    python kernels/tests/oracle/vat.py --count 4 > kernels/tests/oracle/vat.txt

Each line: the country, and the number behind it, between tabs. The numbers are drawn from the structures that the
Commission lists (VIES, "Structure of VAT identification numbers"), nobody's on purpose, and the same seed gives the same
ones. `tests/vat.rs` reads the committed file. Left out are Romania's shortest and Ireland's oldest, which look like prose,
and Czech and Slovak numbers of persons with months that no register gives, which python-stdnum does not mind.
"""

import argparse
import random
import string

from stdnum.eu import vat

# `#` a digit, `@` a letter.
STRUCTURES = {
    "AT": ["U########"], "BE": ["0#########", "1#########"], "BG": ["#########", "##########"], "CY": ["########@"],
    "CZ": ["########", "##########"], "DE": ["#########"], "DK": ["########"], "EE": ["#########"],
    "ES": ["A########", "B########", "J########", "U########", "V########", "N#######@", "P#######@", "Q#######@",
           "W#######@", "K#######@", "X#######@", "Y#######@", "########@"],
    "FI": ["########"], "FR": ["###########", "@@#########", "#@#########"], "EL": ["#########"], "HR": ["###########"],
    "HU": ["########"], "IE": ["#######@", "#@#####@", "#######@@"], "IT": ["###########"],
    "LT": ["#########", "############"], "LU": ["########"], "LV": ["###########"], "MT": ["########"],
    "NL": ["#########B##"], "PL": ["##########"], "PT": ["#########"],
    "RO": ["####", "######", "########", "##########"], "SE": ["##########01"], "SI": ["########"], "SK": ["##########"],
}
CLASSES = {"#": string.digits, "@": string.ascii_uppercase}
TRIES = 2_000_000


def exists(country, number):
    """Does a register give the months of such numbers? Act 133/2000 Coll. and Act 301/1995 Coll.: women have 50 more,
    and 20 more where the numbers of a day ran out."""
    if country not in ("CZ", "SK") or len(number) < 10:
        return True
    month = int(number[2:4])
    return any(1 <= month - more <= 12 for more in (0, 20, 50, 70)) or country == "SK" and number[2] in "23456789"


def draw(country, structure, count, rng):
    """So many valid numbers."""
    found = []
    for _ in range(TRIES):
        number = "".join(rng.choice(CLASSES.get(mark, mark)) for mark in structure)
        if vat.is_valid(country + number) and exists(country, number):
            found.append(number)
        if len(found) == count:
            return found
    raise SystemExit(f"{country}{structure}: {len(found)} numbers of {TRIES}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4, help="numbers of each structure")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for country, structures in STRUCTURES.items():
        for structure in structures:
            for number in draw(country, structure, options.count, rng):
                print(country, number, sep="\t")


if __name__ == "__main__":
    main()
