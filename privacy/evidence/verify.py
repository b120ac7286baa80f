"""Verifies the evidence pack of one case. Python 3.9 or later, nothing installed, nothing sent.

    python3 -I -S verify.py [PACK] [--root FILE]

PACK is the zip or its unpacked folder; without it, the folder that this file is in. FILE is a daily root that was kept
elsewhere, such as the one that was mailed; without it, the root that the pack itself names is believed. Whoever does
not trust the pack takes this file from the release, or from another pack. Exit code 0: as it was written. 1: it is not.
2: it could not be read.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FORMAT = "kosenai evidence pack 1"
GENESIS = "0" * 64
NEEDED = {
    "README.txt", "verify.py", "case.json", "chain.json", "timeline.json", "timeline.txt", "rules.json", "asks.json",
    "letters.json", "receipts.json", "packages.json", "rows.json", "inclusion.json",
}  # fmt: skip
MOST = 512 * 1024 * 1024


def canonical(body: object) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def digest(body: object) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


class Pack:
    """The files by name, and what is wrong with them."""

    def __init__(self, files: Mapping[str, bytes]):
        self.files = files
        self.faults: list[str] = []
        self.said: list[str] = []

    def wrong(self, text: str) -> None:
        self.faults.append(text)

    def json(self, name: str) -> Any:
        return json.loads(self.files[name].decode())


def read(path: Path) -> dict[str, bytes]:
    """{name: bytes} of a folder or a zip."""
    if path.is_dir():
        return {str(file.relative_to(path).as_posix()): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        names = archive.namelist()
        if len(names) != len(set(names)) or sum(info.file_size for info in archive.infolist()) > MOST:
            raise ValueError("the zip names a file twice, or is too large")
        return {name: archive.read(name) for name in names}


def check_manifest(pack: Pack) -> Any:
    """Every file is there, none beside, each with its size and SHA-256; the manifest with its own."""
    raw = pack.files["manifest.json"]
    manifest = json.loads(raw.decode())
    if raw != json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n" or manifest.get("format") != FORMAT:
        pack.wrong("manifest.json is not as it was written")
    body = {name: value for name, value in manifest.items() if name != "sha256"}
    if digest(body) != manifest.get("sha256"):
        pack.wrong("manifest.json does not fit its own digest")
    named = manifest["files"]
    for name in sorted(NEEDED - named.keys()):
        pack.wrong(f"{name} is not in the manifest")
    for name in sorted(named.keys() - pack.files.keys()):
        pack.wrong(f"{name} is missing")
    for name in sorted(pack.files.keys() - named.keys() - {"manifest.json"}):
        pack.wrong(f"{name} is in no manifest")
    for name in sorted(named.keys() & pack.files.keys()):
        data = pack.files[name]
        if {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} != named[name]:
            pack.wrong(f"{name} is not as it was written")
    return manifest


def check_chain(pack: Pack, manifest: Any) -> list[Any]:
    """Each entry follows the one before it, from the first on, and is what was written."""
    entries: list[Any] = pack.json("chain.json")
    previous = GENESIS
    for n, entry in enumerate(entries, start=1):
        body = {name: entry[name] for name in ("chain", "n", "event", "actor", "at", "data", "previous")}
        if entry["chain"] != manifest["case"] or entry["n"] != n or entry["previous"] != previous:
            pack.wrong(f"entry {n} of the chain does not follow the one before it")
        if digest(body) != entry["digest"]:
            pack.wrong(f"entry {n} of the chain is not what was written")
        previous = entry["digest"]
    if not entries:
        pack.wrong("the chain has no entries")
    pack.said.append(f"{len(entries)} entries of the audit chain")
    return entries


def check_timeline(pack: Pack, entries: list[Any]) -> None:
    told = [(line["n"], line["at"], line["actor"], line["event"]) for line in pack.json("timeline.json")]
    if told != [(entry["n"], entry["at"], entry["actor"], entry["event"]) for entry in entries]:
        pack.wrong("the timeline is not that of the chain")
    lines = "".join(f"{line['at']}  {line['sentence']}\n" for line in pack.json("timeline.json"))
    if lines.encode() != pack.files["timeline.txt"]:
        pack.wrong("timeline.txt is not timeline.json")


def check_case(pack: Pack, manifest: Any, entries: list[Any]) -> None:
    """What is said of the case is what its entries tell last."""
    case, moved = pack.json("case.json"), [e for e in entries if "after" in e["data"] and "outcome" in e["data"]]
    if case["id"] != manifest["case"] or case["kind"] != entries[0]["data"].get("kind"):
        pack.wrong("case.json is about another case")
    if moved and (case["state"], case["outcome"]) != (moved[-1]["data"]["after"], moved[-1]["data"]["outcome"]):
        pack.wrong("where the case stands is not what its entries tell")


def check_rows(pack: Pack, entries: list[Any]) -> None:
    """The rows that entries commit to: their columns hash to what was written of them."""
    rows, committed = pack.json("rows.json"), {e["n"]: e["data"]["row"] for e in entries if "row" in e["data"]}
    if {row["n"] for row in rows} != committed.keys():
        pack.wrong("the rows are not those that the chain commits to")
    for row in rows:
        told = committed.get(row["n"])
        if not told or row.get("left_out"):
            continue
        if row["columns"] != told["columns"] or digest(row["values"]) != told["sha256"]:
            pack.wrong(f"the row of entry {row['n']} is not what was written")
    left_out = sum(1 for row in rows if row.get("left_out"))
    pack.said.append(f"{len(rows) - left_out} rows that it commits to, and {left_out} by their digests alone")


def finished(entries: list[Any], former_names: Mapping[str, str]) -> dict[str, list[Any]]:
    """{step: results} of every step that the chain tells of as finished, by the name that it has now."""
    found: dict[str, list[Any]] = {}
    for entry in entries:
        data = entry["data"]
        done = data.get("done") or ({data["step"]: data.get("result", {})} if "step" in data else {})
        for told, result in done.items():
            name, *target = told.split(" ", 1)
            found.setdefault(" ".join([former_names.get(name, name), *target]), []).append(result)
    return found


def check_asks(pack: Pack, entries: list[Any]) -> None:
    asks = pack.json("asks.json")
    done = finished(entries, asks["former_names"])
    for step in asks["steps"]:
        name = f"{step['name']} {step['target']}".strip()
        if not step["joined"] and step["finished_at"] and step["result"] not in done.get(name, []):
            pack.wrong(f"the result of step {name} is not what was written")


def check_receipts(pack: Pack, entries: list[Any]) -> None:
    """Each receipt hashes to what it says of itself, and to what the chain says of it; none is missing."""
    results = [result for of_step in finished(entries, {}).values() for result in of_step if isinstance(result, dict)]
    told = {(result["receipt"], result["sha256"]) for result in results if "receipt" in result}
    receipts = pack.json("receipts.json")
    for receipt in receipts:
        if digest(receipt["body"]) != receipt["sha256"]:
            pack.wrong(f"the text of receipt {receipt['id']} is not what was issued")
    own = {(receipt["id"], receipt["sha256"]) for receipt in receipts if not receipt["joined"]}
    if own != told:
        pack.wrong("the receipts are not those that the chain tells of")
    built = {(result["package"], result["sha256"]) for result in results if "package" in result and "sha256" in result}
    if not {(p["id"], p["sha256"]) for p in pack.json("packages.json") if not p["joined"]} <= built:
        pack.wrong("there is a package that the chain does not tell of")
    pack.said.append(f"{len(receipts)} receipts")


def check_letters(pack: Pack) -> None:
    for letter in pack.json("letters.json"):
        if "body" in letter and digest(letter["body"]) != letter.get("sha256"):
            pack.wrong("a letter is not what was sent")


def climb(leaf: bytes, index: int, size: int, steps: Sequence[str]) -> str:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); empty where it cannot be one."""
    fn, sn, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    if not 0 <= index < size:
        return ""
    for step in map(bytes.fromhex, steps):
        if sn == 0:
            return ""
        if fn % 2 or fn == sn:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        fn, sn = fn >> 1, sn >> 1
    return found.hex() if sn == 0 else ""


def check_inclusion(pack: Pack, entries: list[Any], kept: Any) -> None:
    """The chain, as it stood at the entry that the proof names, is a leaf of the root of a day."""
    proof = pack.json("inclusion.json")
    if proof is None:
        if kept:
            pack.wrong("the pack proves inclusion in no root")
        pack.said.append("NOT in a daily root yet: the case is newer than the last one")
        return
    root, n = proof["root"], proof["n"]
    if not 1 <= n <= len(entries) or entries[n - 1]["digest"] != proof["digest"]:
        pack.wrong("the proof of inclusion is of another chain")
        return
    leaf = f"{entries[0]['chain']}:{n}:{proof['digest']}".encode()
    if climb(leaf, proof["index"], root["size"], proof["path"]) != root["root"]:
        pack.wrong(f"the chain is not in the daily root of {root['day']}")
    if kept is None:
        pack.said.append(
            f"in the daily root of {root['day']}, as the pack names it: compare it with one kept elsewhere"
        )
    elif any(kept.get(name) != root[name] for name in ("day", "size", "root", "last_entry")):
        pack.wrong(f"the root is not the one that was kept of {kept.get('day')}")
    else:
        pack.said.append(f"in the daily root of {root['day']}, which is the one that was kept elsewhere")


def verify(files: Mapping[str, bytes], kept: Any = None) -> tuple[list[str], list[str]]:
    """(what is wrong, what was found sound)."""
    pack = Pack(files)
    try:
        manifest = check_manifest(pack)
        entries = check_chain(pack, manifest)
        check_timeline(pack, entries)
        check_case(pack, manifest, entries)
        check_rows(pack, entries)
        check_asks(pack, entries)
        check_receipts(pack, entries)
        check_letters(pack)
        check_inclusion(pack, entries, kept)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as fault:
        pack.wrong(f"a file has another form than an evidence pack's ({type(fault).__name__})")
    return pack.faults, pack.said


def main(arguments: list[str]) -> int:
    kept = None
    try:
        if "--root" in arguments:
            at = arguments.index("--root")
            kept = json.loads(Path(arguments[at + 1]).read_text())
            arguments = arguments[:at] + arguments[at + 2 :]
        files = read(Path(arguments[0]) if arguments else Path(__file__).resolve().parent)
    except Exception as fault:  # a damaged zip raises whatever its bytes come to
        sys.stdout.write(f"It cannot be read: {type(fault).__name__}.\n")
        return 2
    faults, said = verify(files, kept)
    for text in faults:
        sys.stdout.write(f"WRONG: {text}.\n")
    for text in [] if faults else said:
        sys.stdout.write(f"Sound: {text}.\n")
    sys.stdout.write("The evidence pack is NOT as it was written.\n" if faults else "The evidence pack is sound.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
