"""SHA-256 of every tensor of a folder of safetensors files, sorted by name: tensor_hashes.py FOLDER.

Reads the published layout directly, so that it depends on nothing of ours.
"""
import hashlib
import json
import pathlib
import struct
import sys

hashes = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors")):
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(n))
        for name, t in header.items():
            if name == "__metadata__":
                continue
            begin, end = t["data_offsets"]
            f.seek(8 + n + begin)
            h, left = hashlib.sha256(), end - begin
            while left:
                chunk = f.read(min(left, 1 << 24))
                if not chunk:
                    sys.exit(f"{path}: {name} is cut off")
                h.update(chunk)
                left -= len(chunk)
            hashes[name] = f"{t['dtype']} {t['shape']} {h.hexdigest()}"
for name in sorted(hashes):
    print(name, hashes[name])
