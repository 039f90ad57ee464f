#!/usr/bin/env python3
"""Rows of apq's shards, with h5py alone.

    python3 read_shards.py FOLDER [STAGE] > rows.csv

FOLDER is a study, a published folder, or holds the shards (*.h5) itself. On standard error: the content hash, as `apq data list` shows it.
As a module: `rows = read_rows(FOLDER, STAGE)`, then rows["genes"] is a uint8 array [rows, genes], rows["correct"] / rows["total"] the accuracies.
"""
import csv
import glob
import hashlib
import json
import os
import sys

import h5py
import numpy

COLUMNS = ("id", "genes", "correct", "correct5", "total", "loss", "seconds", "joules")


def read_rows(folder, stage="quant"):
    """The rows of a stage by ascending id, no id twice: a dictionary of arrays by the names in COLUMNS. NaN: unknown."""
    inner = os.path.join(folder, "shards", stage)
    files = sorted(glob.glob(os.path.join(inner if os.path.isdir(inner) else folder, "*.h5")))
    if not files:
        raise SystemExit(f"{folder}: holds no shards of stage {stage}")
    parts, identities = [], {}
    for name in files:
        with h5py.File(name, "r") as shard:
            if shard.attrs["format_version"] != 2:
                raise SystemExit(f"{name}: is of format version {shard.attrs['format_version']}; this reads version 2")
            parts.append({column: shard[column][:] for column in COLUMNS})
            identities.setdefault((shard.attrs["stage"], int(shard.attrs["seed"]), shard.attrs["space_hash"], shard.attrs["identity"]), name)
    if len(identities) > 1:
        raise SystemExit(" and ".join(identities.values()) + ": belong to different datasets")
    rows = {column: numpy.concatenate([part[column] for part in parts]) for column in COLUMNS}
    _, first = numpy.unique(rows["id"], return_index=True)  # sorted
    return {column: values[first] for column, values in rows.items()}


def content_hash(rows):
    digest = hashlib.sha256()
    for i in range(len(rows["id"])):
        digest.update(rows["id"][i].astype("<u8").tobytes() + rows["genes"][i].tobytes())
        digest.update(b"".join(rows[column][i].astype("<u4").tobytes() for column in ("correct", "correct5", "total")))
    return digest.hexdigest()


if __name__ == "__main__":
    table = read_rows(*sys.argv[1:3])
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for row in zip(*(table[column] for column in COLUMNS)):
        writer.writerow([json.dumps(value.tolist()) if value.ndim else value for value in row])
    print(content_hash(table), file=sys.stderr)
