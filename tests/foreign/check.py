"""Reads a log of Inland with aics-tlog: nothing here knows more than the public C2SP formats.

    check.py DIR VKEY [OLDER-CHECKPOINT]
"""

import sys
from pathlib import Path

import aics_tlog as tlog
from aics_tlog.checkpoint import checkpoint_from_note
from aics_tlog.tiles import FileSystemTileReader, consistency_proof_from_tiles
from aics_tlog.verified import audit_tiles


def opened(text, key):
    """The checkpoint of a note that the key signed."""
    checkpoint, note = checkpoint_from_note(text)
    verdict = tlog.verify_checkpoint(note, key, expected_origin=key.name)
    if not verdict.ok:
        raise ValueError(verdict.error)
    return checkpoint


def check(directory, vkey, older):
    key = tlog.parse_vkey(vkey)
    newest = opened((Path(directory) / "checkpoint").read_bytes(), key)
    tiles = FileSystemTileReader(directory)
    report = audit_tiles(tiles, newest.size, newest.root)
    for path in older:
        before = opened(Path(path).read_bytes(), key)
        if before.size > newest.size:
            raise ValueError(f"rolled back: {before.size} records were signed, {newest.size} are there")
        proof = consistency_proof_from_tiles(tiles, before.size, newest.size)
        if not tlog.verify_consistency(before.size, newest.size, before.root, newest.root, proof):
            raise ValueError("the log does not continue the older checkpoint")
    return report


if __name__ == "__main__":
    try:
        print("accepted:", check(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except Exception as error:  # whatever it is, the log is not accepted
        sys.exit(f"refused: {type(error).__name__}: {error}")
