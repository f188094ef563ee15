"""Documents with known identifiers, for measuring what is found: letters, forms, tickets, logs.

    python tests/evaluation/generate.py --count 10 > documents.jsonl

Each line: {"text", "lang", "country", "template", "gold": [{"start", "end", "label", "kind", "also"}]}; places
count characters, `also` names the other classes that the same number belongs to. The same seed gives the
same documents. All persons, numbers and secrets are drawn at random.
"""

import argparse
import json
import pathlib
import re
import sys

from identifiers import LANGUAGES, SLOTS, Scene, Value

TEMPLATES = pathlib.Path(__file__).parent / "templates"
SLOT = re.compile(r"\[\[([a-z0-9_.]+)\]\]")
COUNT_MAX = 1000


def templates(language):
    """Name and text of each template of a language, and of those that belong to none."""
    found = []
    for name in (language, "any"):
        parts = (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").split("--- ")[1:]
        found += [(part.split("\n", 1)[0], part.split("\n", 1)[1].rstrip("\n")) for part in parts]
    return found


def fill(template, scene):
    """A template's text with its slots filled, and where what is to be found stands."""
    text, gold, at = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[at:slot.start()]
        at = slot.end()
        for part in SLOTS[slot[1]](scene):
            if isinstance(part, Value):
                gold.append({"start": len(text), "end": len(text) + len(part.text), "label": part.label,
                             "kind": part.kind, "also": list(part.also)})
                part = part.text
            text += part
    return text + template[at:], gold


def documents(count, seed):
    for language in LANGUAGES:
        for name, template in templates(language):
            for copy in range(count):
                scene = Scene(language, f"{seed}/{language}/{name}/{copy}")
                text, gold = fill(template, scene)
                yield {"text": text, "lang": language, "country": scene.country, "template": name, "gold": gold}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=10, help=f"documents of each template, 1 to {COUNT_MAX}")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 1 <= options.count <= COUNT_MAX:
        parser.error(f"--count is 1 to {COUNT_MAX}")
    for document in documents(options.count, options.seed):
        json.dump(document, sys.stdout, ensure_ascii=False)
        print()


if __name__ == "__main__":
    main()
