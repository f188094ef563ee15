"""The European numbering plans of `kernels/src/contact/plan.rs`, from what Google's libphonenumber knows.

    pip install phonenumbers==9.0.43
    python kernels/tests/oracle/plans.py > kernels/src/contact/plan.rs

phonenumbers (Apache-2.0) collects the plans that the countries notify to the ITU (operational bulletins,
E.129 and E.164 annexes). What is taken are facts: country code, trunk prefix, which leading digits have
numbers of which lengths, and how a number is grouped. `WRITTEN` adds the groupings that people use beside
the official one.
"""

import re
import re._parser as parser

import phonenumbers
from phonenumbers import PhoneMetadata

# Each country with those that share its plan.
COUNTRIES = {
    "AD": [], "AL": [], "AT": [], "BA": [], "BE": [], "BG": [], "BY": [], "CH": [], "CY": [], "CZ": [],
    "DE": [], "DK": [], "EE": [], "ES": [], "FI": ["AX"], "FO": [], "FR": [], "GB": ["GG", "IM", "JE"],
    "GI": [], "GR": [], "HR": [], "HU": [], "IE": [], "IS": [], "IT": ["VA"], "LI": [], "LT": [], "LU": [],
    "LV": [], "MC": [], "MD": [], "ME": [], "MK": [], "MT": [], "NL": [], "NO": ["SJ"], "PL": [], "PT": [],
    "RO": [], "RS": [], "SE": [], "SI": [], "SK": [], "SM": [], "TR": [], "UA": [], "XK": [],
}
# The trunk prefix where phonenumbers has another one, or none although it is dialled.
TRUNK = {"LI": "", "HU": "06", "BY": "80"}
# Leading digits (empty for all), then the lengths of the groups of the national number.
WRITTEN = {
    "AD": [("", "2 2 2")],
    "AL": [("", "2 3 4"), ("", "2 7"), ("", "2 3 2 2"), ("4", "1 3 4"), ("4", "1 7")],
    "AT": [("6", "3 2-4 2-4"), ("6", "3 2-4 2-4 2-4"), ("6", "3 1-3 2 2 2"), ("1", "1 2-4 2-4"),
           ("1", "1 2-4 2-4 2-4"), ("1", "1 1-2 2 2 2")],
    "BA": [("", "2 6-7"), ("", "2 3 3-4"), ("", "2 3 2 2"), ("", "2 2 2 2")],
    "BE": [("", "1 7"), ("", "2 6"), ("4", "3 6"), ("4", "3 3 3"), ("", "1 2 2 2 1"), ("", "1 3 4"),
           ("4", "2 2 2 2 1")],
    "BG": [("", "1 7"), ("", "2 7"), ("", "3 6"), ("", "1 3 2 2"), ("", "2 3 2 2"), ("", "3 3 3"),
           ("", "3 2 2 2"), ("", "2 3 4"), ("", "2 6")],
    "BY": [("", "2 7"), ("", "2 3 4")],
    "CH": [("", "2 7"), ("", "2 3 4"), ("", "3 3 3")],
    "CY": [("", "8"), ("", "4 4"), ("", "2 3 3"), ("", "2 2 2 2")],
    "CZ": [("", "3 6"), ("", "3 2 2 2"), ("2", "1 4 4"), ("2", "1 8")],
    "DE": [("15-17", "3 2-4 2-4"), ("15-17", "3 2-4 2-4 2-4"), ("15-17", "3 1-4 2 2 2"),
           ("15-17", "3 7-8"), ("15-17", "4 6-7"), ("15-17", "4 3-4 3-4")],
    "DK": [("", "8"), ("", "4 4"), ("", "2 6"), ("", "2 3 3")],
    "EE": [("", "3 2 2"), ("", "8"), ("5", "3 4-5")],
    "ES": [("", "3 3 3"), ("", "3 6"), ("9", "2 3 2 2"), ("9", "2 7"), ("9", "2 3 4")],
    "FI": [("4-5", "2 3 3-4"), ("4-5", "2 3 2 2"), ("4-5", "2 4 2-3"), ("", "1 3 2-4"),
           ("", "1 4 3-4"), ("", "2 2 2 2")],
    "FO": [("", "2 2 2"), ("", "3 3")],
    "FR": [("", "1 8"), ("8", "3 3 3"), ("8", "3 6"), ("", "2 2 2 2 1")],
    "GB": [("", "4 6"), ("", "4 3 3"), ("", "3 3 4"), ("2", "2 8"), ("7", "2 4 4"), ("1", "3 7"),
           ("", "4 2 2 2")],
    "GI": [("", "3 5"), ("", "8")],
    "GR": [("", "3 3 4"), ("", "3 7"), ("", "2 4 4"), ("", "4 6"), ("", "5 5"), ("", "3 3 2 2"),
           ("2", "2 8")],
    "HR": [("", "1 7"), ("", "2 6-7"), ("", "1 3 4"), ("", "1 4 3"), ("", "2 3 3-4"),
           ("", "2 3 2 2"), ("", "2 4 3")],
    "HU": [("1", "1 7"), ("1", "1 3 2 2"), ("", "2 6-7"), ("", "2 3 2 2"), ("", "2 3 3-4")],
    "IE": [("1", "1 7"), ("", "2 7"), ("", "2 3 4"), ("8", "2 3 2 2"), ("", "2 5"), ("", "3 3 3")],
    "IS": [("", "3 4"), ("", "3 2 2"), ("", "7")],
    "IT": [("3", "3 6-7"), ("3", "3 3 2 2"), ("3", "3 2 2 2"), ("02,06", "2 2-4 2-4"),
           ("02,06", "2 2-4 2-3 2-3"), ("0", "3 2-4 2-4"), ("0", "3 2-3 2 2"), ("0", "4 2-3 2-3"),
           ("0", "3 6-7"), ("0", "4 5-6"), ("0", "2 6-8")],
    "LI": [("", "3 4"), ("", "7")],
    "LT": [("6", "3 2 3"), ("6", "3 5"), ("5", "1 7"), ("", "2 6"), ("", "2 3 3"), ("6", "2 2 2 2"),
           ("5", "1 3 2 2")],
    "LU": [("6", "3 6"), ("6", "3 2 2 2"), ("2-9", "2 2 2"), ("2", "2 4"), ("2", "2 6"),
           ("2", "2 3 3")],
    "LV": [("", "8"), ("", "4 4"), ("", "2 2 2 2"), ("", "2 6"), ("", "2 3 3")],
    "MC": [("", "8")],
    "MD": [("", "2 6"), ("", "2 2 2 2"), ("", "2 3 3"), ("", "3 2 3"), ("", "3 5")],
    "ME": [("", "2 6"), ("", "2 3 3"), ("", "2 2 2 2")],
    "MK": [("", "1 7"), ("", "2 6"), ("", "2 3 3"), ("2", "1 4 3"), ("2", "1 3 4")],
    "MT": [("", "8"), ("", "2 2 2 2"), ("", "2 3 3"), ("", "4 4")],
    "NL": [("6", "1 4 4"), ("6", "1 2 2 2 2"), ("6", "1 3 2 3"), ("", "2 7"), ("", "2 3 2 2"),
           ("", "3 6"), ("", "3 2 2 2"), ("", "3 3 3")],
    "NO": [("", "8"), ("", "4 4"), ("", "3 2 3"), ("", "2 2 2 2"), ("", "2 3 3")],
    "PL": [("", "3 3 3"), ("", "2 7"), ("", "2 3 2 2"), ("", "3 6")],
    "PT": [("", "3 3 3"), ("2", "2 7"), ("2", "2 3 4"), ("", "2 3 2 2"), ("9", "2 7"), ("", "3 6")],
    "RO": [("", "3 6"), ("", "3 3 3"), ("", "2 7"), ("", "2 3 4"), ("", "2 3 2 2"),
           ("7", "3 2 2 2")],
    "RS": [("", "2 6-7"), ("", "2 3 3-4"), ("", "2 3 2 2"), ("", "2 4 3"), ("", "3 6")],
    "SE": [("8", "1 5-8"), ("7", "2 7"), ("7", "2 3 4"), ("7", "2 2 2 3"), ("", "2 5-7"),
           ("", "3 5-6"), ("", "2 3 2-3"), ("8", "1 3 4"), ("", "2 3 3")],
    "SI": [("", "1 7"), ("", "1 3 4"), ("", "2 6"), ("", "2 3 3"), ("", "2 2 2 2")],
    "SK": [("9", "3 6"), ("9", "3 3 3"), ("2", "1 8"), ("2", "1 4 4"), ("2", "1 2 2 2 2"),
           ("", "2 7"), ("", "2 3 4"), ("", "2 3 2 2"), ("9", "3 2 2 2")],
    "SM": [("0", "4 2 2 2"), ("0", "4 3 3")],
    "TR": [("", "3 3 2 2"), ("", "3 3 4"), ("", "3 7")],
    "UA": [("", "2 7"), ("", "2 3 4"), ("", "2 3 2 2"), ("", "3 3 3"), ("", "3 6"),
           ("", "3 2 2 2")],
    "XK": [("", "2 6"), ("", "2 3 3"), ("", "2 7"), ("", "3 3 3")],
}
# So few numbers that a grouping shared with a neighbour speaks for the neighbour.
SMALL = {"AD", "FO", "GI", "LI", "MC", "SM"}
TYPES = ["fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number",
         "pager", "uan", "voicemail"]
E164_DIGITS_MAX = 15
LEAD = 3  # how many leading digits a range is told by


class Digits:
    """The numbers that an expression describes, as an automaton over digits."""

    def __init__(self, patterns):
        self.steps, self.free, self.ends = {}, {}, set()
        self.count = 0
        self.start = self.state()
        for pattern in patterns:
            self.ends.add(self.build(parser.parse(pattern), self.start))

    def state(self):
        self.count += 1
        return self.count

    def build(self, tree, at):
        for kind, value in tree:
            at = getattr(self, str(kind).lower())(value, at)
        return at

    def literal(self, code, at):
        return self.step(at, {code - 48})

    def step(self, at, digits):
        after = self.state()
        self.steps.setdefault(at, []).append((digits, after))
        return after

    def in_(self, items, at):
        return self.step(at, digits_of(items))

    def branch(self, value, at):
        after = self.state()
        for tree in value[1]:
            self.free.setdefault(self.build(tree, at), set()).add(after)
        return after

    def subpattern(self, value, at):
        return self.build(value[-1], at)

    def max_repeat(self, value, at):
        least, most, tree = value
        ends = []
        for time in range(most):
            if time >= least:
                ends.append(at)
            at = self.build(tree, at)
        for end in ends:
            self.free.setdefault(end, set()).add(at)
        return at

    def closure(self, states):
        todo, seen = list(states), set(states)
        while todo:
            for after in self.free.get(todo.pop(), ()):
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return seen

    def after(self, states, digit=None):
        found = {after for at in states for digits, after in self.steps.get(at, ())
                 if digit is None or digit in digits}
        return self.closure(found)

    def reach(self, lead):
        states = self.closure({self.start})
        for digit in lead:
            states = self.after(states, int(digit))
        return states

    def lengths(self, lead):
        """How many digits the numbers have that start with `lead`."""
        states, found = self.reach(lead), set()
        for length in range(len(lead), E164_DIGITS_MAX + 3):
            if states & self.ends:
                found.add(length)
            states = self.after(states)
        return found


setattr(Digits, "in", Digits.in_)


def digits_of(items):
    digits = set()
    for kind, value in items:
        match str(kind):
            case "CATEGORY":
                digits |= set(range(10))
            case "RANGE":
                digits |= set(range(value[0] - 48, value[1] - 47))
            case "LITERAL":
                digits.add(value - 48)
    return digits


def leads():
    return [f"{lead:0{LEAD}}" for lead in range(10**LEAD)]


def ranges(regions):
    """For each three leading digits the lengths of the numbers that start with them."""
    found = {lead: set() for lead in leads()}
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region)
        most = E164_DIGITS_MAX - len(str(metadata.country_code))
        kinds = [getattr(metadata, kind) for kind in TYPES]
        for kind in filter(lambda kind: kind and kind.national_number_pattern, kinds):
            numbers = Digits([kind.national_number_pattern])
            possible = set(kind.possible_length or metadata.general_desc.possible_length)
            for lead in leads():
                lengths = numbers.lengths(lead) & possible
                found[lead] |= {length for length in lengths if length <= most}
    return found


def official(region, valid):
    """The groupings of phonenumbers, with the leading digits that have them."""
    metadata = PhoneMetadata.metadata_for_region(region)
    for forms in (metadata.number_format, metadata.intl_number_format):
        # The first form that fits counts: what an earlier one takes for sure, a later one does not have.
        left = {lead: set(lengths) for lead, lengths in valid.items()}
        for form in forms:
            parts = re.findall(r"\(\\d(?:\{(\d+)(?:,(\d+))?\})?\)", form.pattern)
            sizes = [(int(least or 1), int(most or least or 1)) for least, most in parts]
            groups = []
            for group in re.findall(r"[\\0-9]*\\\d[\\0-9]*", form.format):
                named = [int(number) - 1 for number in re.findall(r"\\(\d)", group)]
                groups.append((sum(sizes[i][0] for i in named), sum(sizes[i][1] for i in named)))
            lengths = set(range(sum(group[0] for group in groups), sum(group[1] for group in groups) + 1))
            pattern = (form.leading_digits_pattern[-1:] or [r"\d"])[0]
            begins = Digits([f"(?:{pattern})\\d{{0,3}}"])
            surely = {lead for lead in leads() if re.match(pattern, lead)}
            found = {lead for lead in leads() if lead in surely or begins.lengths(lead)}
            yield {lead for lead in found if left[lead] & lengths}, groups
            for lead in surely:
                left[lead] -= lengths


def spans(wanted, free=frozenset()):
    """Leading digits, the shortest way: `2` for 200 to 299, `15-17`. Those that are `free` may be in it."""
    numbers, out = sorted(int(lead) for lead in wanted), []
    free = {int(lead) for lead in free}
    all_of_them = set(numbers)
    while numbers:
        first = last = numbers[0]
        reach = last
        while reach + 1 in free or reach + 1 in all_of_them:
            reach += 1
            last = reach if reach in all_of_them else last
        options = [(first, last)]
        while last + 1 in free:
            last += 1
            options.append((first, last))
        while first - 1 in free:
            first -= 1
            options += [(first, end) for _, end in options[:last - options[0][1] + 1]]
        best = min(options, key=lambda span: len(",".join(split(*span))))
        out += split(*best)
        numbers = [number for number in numbers if number > last]
    return ",".join(out)


def split(first, last):
    for size, digits in ((100, 1), (10, 2), (1, 3)):
        low, high = -(-first // size), (last + 1) // size
        if high > low:
            here = f"{low:0{digits}}" if high == low + 1 else f"{low:0{digits}}-{high - 1:0{digits}}"
            before = split(first, low * size - 1) if first < low * size else []
            after = split(high * size, last) if high * size <= last else []
            return before + [here] + after
    return []


def sizes(values):
    values, out = sorted(values), []
    while values:
        last = values[0]
        while last + 1 in values:
            last += 1
        out.append(f"{values[0]}" if last == values[0] else f"{values[0]}-{last}")
        values = [value for value in values if value > last]
    return ",".join(out)


def by_value(table):
    grouped = {}
    for lead, value in table.items():
        if value:
            grouped.setdefault(value, set()).add(lead)
    return sorted(grouped.items(), key=lambda item: min(item[1]))


def expand(spec):
    found = set()
    for part in spec.split(","):
        first, _, last = part.partition("-")
        last = last or first
        found |= {lead for lead in leads() if lead[:len(first)] >= first and lead[:len(last)] <= last}
    return found if spec else set(leads())


def groupings(known, valid):
    """Leading digits and group sizes, without what no valid number has."""
    table = {}
    for found, groups in known:
        if len(groups) > 5:
            continue
        least, most = sum(group[0] for group in groups), sum(group[1] for group in groups)
        fitting = {lead for lead in found if any(least <= length <= most for length in valid[lead])}
        text = " ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in groups)
        possible = {lead for lead in leads() if any(least <= length <= most for length in valid[lead])}
        text += "*" if is_open(groups) else ""
        wanted, _ = table.setdefault(text, (set(), possible))
        wanted.update(fitting)
    free = set(leads())
    by_leads = {}
    for text, (wanted, possible) in sorted(table.items()):
        if wanted:
            by_leads.setdefault(spans(wanted, free - possible), []).append(text)
    forms = (", ".join(texts) + ": " + leads for leads, texts in by_leads.items())
    return sorted(form.removesuffix(": 0-9") for form in forms)


def is_open(sizes):
    """Does the plan leave open how long a number is after the area code? Then people group it as they like."""
    return len(sizes) == 2 and sizes[1][1] - sizes[1][0] >= 3


def parse(text):
    return [(int(part.partition("-")[0]), int(part.rpartition("-")[2])) for part in text.split()]


def quoted(name, entries):
    """One string over several lines, as rustfmt leaves it."""
    lines, line = [], f'        {name}: "'
    for part in re.split(r"(?<=,)(?! )|(?<=, )|(?<=; )", "; ".join(entries)):
        if len(line) + len(part) > 108:
            lines.append(line + "\\")
            line = " " * 12
        line += part
    return "\n".join(lines + [line + '",'])


def code_of(region):
    return PhoneMetadata.metadata_for_region(region).country_code


def main():
    print(HEAD)
    for region, others in sorted(COUNTRIES.items(), key=lambda it: code_of(it[0])):
        metadata = PhoneMetadata.metadata_for_region(region)
        valid = ranges([region] + others)
        most = E164_DIGITS_MAX - len(str(metadata.country_code))
        possible = {length for length in metadata.general_desc.possible_length if length <= most}
        trunk = TRUNK.get(region, metadata.national_prefix or "")
        table = by_value({lead: sizes(lengths) for lead, lengths in valid.items()})
        print("    Source {")
        print(f'        country: *b"{region}",')
        print(f"        code: {metadata.country_code},")
        print(f'        trunk: "{trunk}",')
        print(f'        possible: "{sizes(possible)}",')
        print(quoted("valid", [f"{spans(found)}: {lengths}" for lengths, found in table]))
        known = list(official(region, valid))
        used = [(expand(spec), parse(text)) for spec, text in WRITTEN.get(region, [])]
        if region in SMALL:
            known, used = [], known + used
        print(quoted("official", groupings(known, valid)))
        print(quoted("used", groupings(used, valid)))
        print("    },")
    print("];")


HEAD = '''//! The numbering plans of Europe. Written by `tests/oracle/plans.py`, not by hand.
//!
//! Source: metadata of phonenumbers 9.0.43 (Apache-2.0), which follow the plans that the countries notify
//! to the ITU (E.129, E.164 annex); `used` are groupings that people write beside the official ones.

/// A country's plan. Numbers are national ones: without country code and trunk prefix.
pub(super) struct Source {
    /// ISO 3166-1 alpha-2. Islands that share a plan count as the country that they share it with.
    pub(super) country: [u8; 2],
    /// ITU-T E.164 country code.
    pub(super) code: u16,
    /// What is dialled before a number at home.
    pub(super) trunk: &'static str,
    /// How many digits numbers have, whatever they begin with.
    pub(super) possible: &'static str,
    /// Leading digits, then how many digits the numbers have that begin so.
    pub(super) valid: &'static str,
    /// How many digits each group has, then the leading digits of the numbers that are written so. Behind
    /// `*` are areas in which the rest is grouped as people like.
    pub(super) official: &'static str,
    /// The same, for groupings that no authority has chosen.
    pub(super) used: &'static str,
}

/// In the order of their country codes.
pub(super) const PLANS: &[Source] = &['''

if __name__ == "__main__":
    main()
