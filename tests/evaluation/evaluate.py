"""Precision and recall of Inland, euRedact and Presidio over the same generated documents.

    cargo build --release
    pip install -r tests/evaluation/requirements.txt -r tests/evaluation/peers.txt
    python tests/evaluation/evaluate.py --count 10

A found place is right if half of the longer of the two is common to it and to what stands there, and its class
is one that this number belongs to. It prints Markdown; `--failures FILE` writes what Inland missed or made up.
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import sys

import engines
import generate

CLASSES = ("national_id", "tax_id", "company_id", "passport_id", "iban", "card_pan", "account_id", "device_id",
           "email", "phone", "ip_address", "date_of_birth", "licence_plate", "credentials")
# Presidio's threshold is the user's choice: the one is taken that suits it best here.
THRESHOLDS = (0.0, 0.3, 0.4, 0.5)
# A password may be taken out with the words around it.
WIDER = ("secret.url", "secret.password")
ROOT = pathlib.Path(__file__).parent.parent.parent


class Tally:
    """Found rightly, made up, missed; and missed by class but covered all the same."""

    def __init__(self):
        self.right = self.made_up = self.missed = self.covered = 0

    def add(self, other):
        self.right += other.right
        self.made_up += other.made_up
        self.missed += other.missed
        self.covered += other.covered

    def precision(self):
        return self.right / (self.right + self.made_up) if self.right + self.made_up else None

    def recall(self):
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    def f1(self):
        total = 2 * self.right + self.made_up + self.missed
        return 2 * self.right / total if total else None

    def cover(self):
        return (self.right + self.covered) / (self.right + self.missed) if self.right + self.missed else None


def common(one, other):
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def matches(found, gold):
    place = (gold["start"], gold["end"])
    shared, length = common(found, place), place[1] - place[0]
    return 2 * shared >= (length if gold["kind"] in WIDER else max(length, found[1] - found[0]))


def judge(document, found, tallies, failures):
    """Counts one document's findings into `tallies[class]`."""
    golds, left = document["gold"], list(found)
    open_golds = []
    for gold in golds:
        classes = {gold["label"], *gold["also"]}
        hit = next((it for it in left if classes & set(it[2]) and matches(it, gold)), None)
        if hit is None:
            open_golds.append(gold)
        else:
            left.remove(hit)
            tallies[gold["label"]].right += 1
    closed = [gold for gold in golds if gold not in open_golds]
    for gold in open_golds:
        tallies[gold["label"]].missed += 1
        tallies[gold["label"]].covered += any(matches(it, gold) for it in found)
        failures.append(("missed", gold["kind"], document, gold["start"], gold["end"]))
    for it in left:
        # A second reading of what was found rightly is not held against an engine.
        if it[2] and not any(common(it, (gold["start"], gold["end"])) for gold in closed):
            tallies[it[2][0]].made_up += 1
            failures.append(("made up", it[2][0], document, it[0], it[1]))


def measure(documents, found):
    """Tallies by language and class, and the failures."""
    tallies, failures = collections.defaultdict(lambda: collections.defaultdict(Tally)), []
    for document, spans in zip(documents, found):
        judge(document, spans, tallies[document["lang"]], failures)
    return tallies, failures


def summed(tallies, language=None, label=None):
    total = Tally()
    for of_language, classes in tallies.items():
        for of_class, tally in classes.items():
            if language in (None, of_language) and label in (None, of_class):
                total.add(tally)
    return total


def best_threshold(documents, found):
    def cut(threshold):
        return [[it for it in spans if it[3] >= threshold] for spans in found]

    return max((cut(threshold) for threshold in THRESHOLDS), key=lambda spans: summed(measure(documents, spans)[0]).f1())


def percent(value):
    return "–" if value is None else f"{100 * value:.1f}"


def cells(tally):
    return [percent(tally.precision()), percent(tally.recall()), percent(tally.f1())]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report(documents, results):
    names = list(results)
    size = sum(len(document["text"].encode()) for document in documents)
    spans = sum(len(document["gold"]) for document in documents)
    print(f"{len(documents)} documents in {len({it['lang'] for it in documents})} languages, {size / 1e3:.0f} kB, {spans} identifiers.\n")
    rows = [[name, *cells(summed(results[name][0])), percent(summed(results[name][0]).cover()),
             f"{results[name][2]:.2f} s", f"{size / results[name][2] / 1e6:.2f} MB/s"] for name in names]
    table(["all classes", "precision", "recall", "F1", "found, whatever it was called", "time", "speed"], rows)
    head = [f"{name} {word}" for name in names for word in ("P", "R", "F1")]
    for what, keys, key in (("class", CLASSES, "label"), ("language", sorted({it["lang"] for it in documents}), "language")):
        rows = []
        for it in keys:
            of_it = [summed(results[name][0], **{key: it}) for name in names]
            rows.append([it, str(of_it[0].right + of_it[0].missed), *[cell for tally in of_it for cell in cells(tally)]])
        table([what, "count", *head], rows)
    languages = sorted({it["lang"] for it in documents})
    for name in names:
        print(f"{name}: precision / recall of each class in each language\n")
        table(["class", *languages], [[label, *[
            f"{short(tally.precision())}/{short(tally.recall())}" for language in languages
            for tally in [summed(results[name][0], language, label)]]] for label in CLASSES])


def short(value):
    return "–" if value is None else f"{100 * value:.0f}"


def write_failures(failures, path):
    with open(path, "w", encoding="utf-8") as file:
        for what, kind, document, start, end in failures:
            text = document["text"]
            around = text[max(0, start - 40):start] + "⟦" + text[start:end] + "⟧" + text[end:end + 25]
            file.write(f"{what}\t{kind}\t{document['lang']}\t{document['country']}\t{document['template']}\t{around!r}\n")


def below_floors(tallies, path):
    """The classes whose precision or recall is under the floors of a file, in words."""
    floors, faults = json.loads(pathlib.Path(path).read_text(encoding="utf-8")), []
    if set(floors) != set(CLASSES):
        return [f"{path} does not name exactly the classes"]
    for label, (precision, recall) in floors.items():
        tally = summed(tallies, label=label)
        if (tally.precision() or 0) < precision or (tally.recall() or 0) < recall:
            faults.append(f"{label}: precision {percent(tally.precision())}, recall {percent(tally.recall())}; "
                          f"the floors are {percent(precision)} and {percent(recall)}")
    return faults


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=10, help="documents of each template")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inland", default=ROOT / "target/release/inland", help="the program")
    parser.add_argument("--only", choices=("inland",), help="leave the peers out")
    parser.add_argument("--failures", metavar="FILE", help="where to write what Inland missed or made up")
    parser.add_argument("--floors", metavar="FILE", help="fail where Inland is below these")
    return parser.parse_args()


def main():
    options = arguments()
    documents = list(generate.documents(options.count, options.seed))
    runs = {"Inland": lambda: engines.inland(documents, options.inland)}
    if options.only != "inland":
        runs |= {"euRedact": lambda: engines.euredact(documents), "Presidio": lambda: engines.presidio(documents)}
    results = {}
    for name, run in runs.items():
        print(f"{name} …", file=sys.stderr)
        found, seconds = run()
        if name == "Presidio":
            found = best_threshold(documents, found)
        results[name] = (*measure(documents, found), seconds)
    print(f"Seed {options.seed}, {options.count} documents a template; {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.\n")
    report(documents, results)
    if options.failures:
        write_failures(results["Inland"][1], options.failures)
    faults = below_floors(results["Inland"][0], options.floors) if options.floors else []
    if faults:
        raise SystemExit("Inland is below its floors:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
