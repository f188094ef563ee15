"""Reads the four exports of one log with tools that nobody here wrote, and holds them against each other.

usage: export.py FOLDER, which holds all.jsonl, all.csv, all.parquet/ and all.ocsf
"""

import csv
import json
import pathlib
import sys
from collections import Counter

import duckdb
import jsonschema
from ocsf_json_schema import OcsfJsonSchema, OcsfJsonSchemaEmbedded, get_ocsf_schema

folder = pathlib.Path(sys.argv[1])


def plain(cell):
    """The rule of the README: one leading ' is taken off."""
    return cell[1:] if cell.startswith("'") else cell


# JSON lines: the record's own text is what stands between the last name and the brace.
lines = (folder / "all.jsonl").read_text().splitlines()
logged = {}
for line in lines:
    parsed = json.loads(line)
    text = line.split(',"record":', 1)[1][:-1]
    assert json.loads(text) == parsed["record"]
    logged[parsed["partition"], parsed["index"]] = text
assert len(logged) == len(lines) > 10

# CSV with the reader of Python: the same rows.
with open(folder / "all.csv", newline="", encoding="utf-8") as file:
    table = list(csv.DictReader(file, strict=True))
rows = {(row["partition"], int(row["index"])): plain(row["record"]) for row in table}
assert len(rows) == len(table) and rows == logged, "CSV and JSON lines differ"
assert {row["tenant"] and plain(row["tenant"]) for row in table} >= {"hopital-lyon", '=cmd|"x"!A1\n\'', ""}

# Parquet with DuckDB: the same rows, and the same columns with the same values.
glob = str(folder / "all.parquet" / "*" / "*" / "*.parquet")
duck = duckdb.connect()
duck.execute("SET TimeZone = 'UTC'")
duck.execute(f"CREATE VIEW log AS SELECT * FROM read_parquet('{glob}', hive_partitioning = true)")
found = duck.execute('SELECT "partition", "index", record FROM log').fetchall()
assert {(partition, index): record for partition, index, record in found} == logged and len(found) == len(logged)
types = {name: kind for name, kind, *_ in duck.execute("DESCRIBE log").fetchall()}
assert set(types) == set(table[0]), set(types) ^ set(table[0])
assert types["time"] == "TIMESTAMP WITH TIME ZONE" and types["status"] == "BIGINT" and types["stale"] == "BOOLEAN", types
assert types["date"] == "DATE" and types["country"] == "VARCHAR", types

names = list(table[0])
spelt = {"time": "strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ')"}
shown = ", ".join(spelt.get(name, f'CAST("{name}" AS VARCHAR)') for name in names)
cells = duck.execute(f"SELECT {shown} FROM log").fetchall()
cells = {(row[names.index("partition")], int(row[names.index("index")])): row for row in cells}
for row in table:
    # The numbers, dates and flags of CSV have no quote to take off, and null is an empty cell.
    expected = tuple(plain(row[name]) or None for name in names)
    seen = tuple(cell or None for cell in cells[row["partition"], int(row["index"])])
    assert expected == seen, list(zip(names, expected, seen))

# Sums by SQL against sums over the JSON.
records = [json.loads(text) | {"partition": place[0]} for place, text in logged.items()]
outcomes = [record for record in records if record["kind"] == "OUTCOME"]
tenants = {(r["partition"], r["id"]): r["tenant"] for r in records if r["kind"] == "INTENT"}
expected = Counter()
for record in outcomes:
    expected[tenants[record["partition"], record["id"]], record["attempts"][-1]["country"]] += record["response_bytes"]
query = "SELECT tenant, backend_country, sum(response_bytes)::BIGINT FROM log WHERE kind = 'OUTCOME' GROUP BY ALL"
assert {(t, c): n for t, c, n in duck.execute(query).fetchall()} == dict(expected)
query = "SELECT country, count(*) FROM log GROUP BY ALL"
expected = Counter(r["partition"].split("-")[0].replace("_gateway", "_") for r in records)
assert dict(duck.execute(query).fetchall()) == dict(expected)
days = Counter(r["time"][:10] for r in records)
assert {str(d): n for d, n in duck.execute("SELECT date, count(*) FROM log GROUP BY ALL").fetchall()} == dict(days)
query = "SELECT sum(findings_total)::BIGINT FROM log"
assert duck.execute(query).fetchone()[0] == sum(sum(r.get("findings", {}).values()) for r in records)

# OCSF: every event follows the schema of version 1.8.0; an event that was spoilt does not.
compiled = OcsfJsonSchemaEmbedded(OcsfJsonSchema(get_ocsf_schema(version="1.8.0")))
schema = compiled.get_class_schema("api_activity", profiles=["security_control", "ai_operation"])
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
events = [json.loads(line) for line in (folder / "all.ocsf").read_text().splitlines()]
for event in events:
    validator.validate(event)
    place = event["metadata"]["log_name"], event["metadata"]["sequence"]
    assert event["raw_data"] == logged[place]
assert Counter(e["metadata"]["event_code"] for e in events) == Counter(
    r["kind"] for r in records if r["kind"] in ("INTENT", "OUTCOME", "REFUSAL"))
assert {e["status"] for e in events} == {"Unknown", "Success", "Failure"}
spoilt = [
    {**events[0], "class_uid": "6003"},
    {**events[0], "activity_id": 7},
    {**events[0], "invented": 1},
    {name: value for name, value in events[0].items() if name != "src_endpoint"},
    {**events[0], "api": {}},
]
assert not any(validator.is_valid(event) for event in spoilt)

print(f"{len(logged)} records, {len(events)} events")
