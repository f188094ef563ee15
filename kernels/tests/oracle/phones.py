"""Telephone numbers of every European plan, as phonenumbers draws and writes them.

    pip install phonenumbers==9.0.43
    python kernels/tests/oracle/phones.py --count 6 > kernels/tests/oracle/phones.txt

Each line: `valid`, the region, its kind, then INTERNATIONAL, E164, NATIONAL and RFC3966, between tabs; or
`short` or `long`, the region, and INTERNATIONAL of a number that has too few or too many digits to be one.
The numbers are drawn around the example numbers of each plan (no person's), and the same seed gives the
same ones. `tests/phones.rs` reads the committed file; `--count 100` and
`INLAND_PHONES=FILE cargo test -p inland-kernels --test phones` check more.
"""

import argparse
import random

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType, ValidationResult
from phonenumbers.phonenumberutil import NumberParseException

from plans import COUNTRIES, E164_DIGITS_MAX

KINDS = {
    "fixed": PhoneNumberType.FIXED_LINE, "mobile": PhoneNumberType.MOBILE,
    "toll-free": PhoneNumberType.TOLL_FREE, "premium": PhoneNumberType.PREMIUM_RATE,
}


def draw(region, kind, rng):
    """Valid numbers of this kind: the example, then others that share some of its leading digits."""
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    code, metadata = example.country_code, PhoneMetadata.metadata_for_region(region)
    names = {PhoneNumberType.FIXED_LINE: "fixed_line", PhoneNumberType.MOBILE: "mobile",
             PhoneNumberType.TOLL_FREE: "toll_free", PhoneNumberType.PREMIUM_RATE: "premium_rate"}
    described = getattr(metadata, names[kind])
    lengths = described.possible_length or metadata.general_desc.possible_length
    lengths = [length for length in lengths if length + len(str(code)) <= E164_DIGITS_MAX]
    first = phonenumbers.national_significant_number(example)
    if len(first) in lengths:
        yield first
    for _ in range(20000):
        kept = rng.randrange(1, 4) if rng.random() < 0.7 else 0
        length = rng.choice(lengths)
        number = (first[:kept] + "".join(rng.choice("0123456789") for _ in range(length)))[:length]
        parsed = parse(code, number)
        if parsed and phonenumbers.is_valid_number_for_region(parsed, region):
            if phonenumbers.number_type(parsed) in (kind, PhoneNumberType.FIXED_LINE_OR_MOBILE):
                yield number


def parse(code, number):
    try:
        parsed = phonenumbers.parse(f"+{code}{number}")
    except NumberParseException:
        return None
    return parsed if phonenumbers.national_significant_number(parsed) == number else None


def impossible(region, rng):
    """A number with one digit too few and one with one too many, if the plan has such."""
    metadata = PhoneMetadata.metadata_for_region(region)
    first = phonenumbers.national_significant_number(phonenumbers.example_number(region))
    possible = metadata.general_desc.possible_length
    for name, length, result in [("short", possible[0] - 1, ValidationResult.TOO_SHORT),
                                 ("long", possible[-1] + 1, ValidationResult.TOO_LONG)]:
        digits = (first + "".join(rng.choice("0123456789") for _ in range(length)))[:length]
        try:
            parsed = phonenumbers.parse(f"+{metadata.country_code}{digits}")
        except NumberParseException:
            continue
        if phonenumbers.is_possible_number_with_reason(parsed) == result:
            yield name, phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--count", type=int, default=6)
    arguments.add_argument("--seed", type=int, default=5)
    options = arguments.parse_args()
    for region in sorted({region for main, others in COUNTRIES.items() for region in [main] + others}):
        rng = random.Random(f"{options.seed} {region}")
        for name, kind in KINDS.items():
            seen = set()
            for number in draw(region, kind, rng):
                seen.add(number)
                if len(seen) == options.count:
                    break
            for number in sorted(seen):
                parsed = parse(PhoneMetadata.metadata_for_region(region).country_code, number)
                forms = [PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL,
                         PhoneNumberFormat.RFC3966]
                written = [phonenumbers.format_number(parsed, form) for form in forms]
                print("\t".join(["valid", region, name] + written))
        for name, text in impossible(region, rng):
            print(f"{name}\t{region}\t{text}")


if __name__ == "__main__":
    main()
