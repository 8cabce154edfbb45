#!/usr/bin/env python3
"""Verifies Clasper's export bundles and proof files offline. Python 3.11, standard library only.

    verify.py BUNDLE.tar.gz --key VKEY [--earlier CHECKPOINT_FILE]
    verify.py ENTRY.tlog-proof --key VKEY [--entry FILE]

VKEY is the log's verifier key, `name+hash+base64`, which you must have from somewhere else than the bundle (for example from
`GET /audit/keys` on an earlier day); the key's name is the origin of the log that you expect. `--key` may be repeated.

Exit code: 0 everything holds, 1 something does not, 2 wrong use.

Written from the public formats, not from Clasper's source: RFC 8032 (Ed25519), RFC 9162 section 2.1 (Merkle trees), C2SP signed-note,
tlog-checkpoint, tlog-proof. The bundle's own layout is described in the README of clasper-evidence.
"""

import argparse
import base64
import gzip
import hashlib
import json
import os
import re
import sys
import tarfile
import tempfile
import urllib.parse
import zlib

FORMAT = "clasper-bundle/v1"
MANIFEST, SIGNATURE, CHECKPOINT = "manifest.json", "manifest.sig", "checkpoint"
ENTRIES, LEAVES = "audit/entries.jsonl", "audit/leaf_hashes"
TRACES, DECISIONS = "traces/traces.jsonl", "decisions/decisions.jsonl"
MAX_ENTRY, MAX_NOTE, MAX_PROOF, MAX_RECORD = 65_535, 256 * 1024, 512 * 1024, 16 * 1024 * 1024
MAX_FILES, MAX_SIGNATURES = 20_000, 64
PATH = re.compile(r"(audit|traces|decisions|policies|keys|proofs)/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\Z")
DECIDES = {"agent_execution_started", "tool_authorization_granted", "execution_allowed", "policy_decision_pending"}
REFUSES = {"agent_execution_denied", "tool_authorization_denied", "execution_denied"}
CLOSES = {"agent_execution_completed", "agent_execution_failed", "agent_execution_cancelled",
          "agent_execution_recovered", "tool_call_succeeded", "tool_call_failed",
          "tool_token_consumed", "tool_authorization_lapsed", "policy_decision_expired"}
MEMBERS = {"actor", "detail", "entry_id", "event_type", "occurred_at_micros", "prev_hash", "seq", "target", "tenant_id",
           "trace_id", "user_id", "workspace_id"}
SCOPE = {"workspace_id", "trace_id", "from", "to"}
REPEATED = ("decision_id", "intent_hash", "effect", "reason", "policy_bundle_hash")


class Bad(Exception):
    """Something is not as its format says."""


# --- Ed25519 verification (RFC 8032, section 5.1) -----------------------------------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(data):
    """The point of 32 bytes in extended coordinates, or None."""
    y, sign = int.from_bytes(data, "little"), data[31] >> 7
    y &= (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(k, point):
    total = (0, 1, 1, 0)
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


BASE = recover((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_holds(public, message, signature):
    if len(signature) != 64:
        return False
    a, s = recover(public), int.from_bytes(signature[32:], "little")
    if a is None or s >= Q:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    negative = (P - a[0], a[1], a[2], P - a[3])
    x, y, z, _ = add(times(s, BASE), times(k, negative))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- Merkle trees (RFC 9162, section 2.1) -------------------------------------------------------------------------------------

def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Edge:
    """The roots of the complete subtrees of a growing tree, the largest first."""

    def __init__(self, size, nodes):
        self.size, self.nodes = size, list(nodes)

    def append(self, node):
        size = self.size
        while size & 1:
            node, size = node_hash(self.nodes.pop(), node), size >> 1
        self.nodes.append(node)
        self.size += 1

    def root(self):
        if not self.nodes:
            return hashlib.sha256(b"").digest()
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = node_hash(left, root)
        return root


def check_inclusion(leaf, index, size, proof, root):
    if index >= size:
        raise Bad("the index lies beyond the tree")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Bad("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn or r != root:
        raise Bad("the inclusion proof does not lead to the signed root")


def check_consistency(first, first_root, second, second_root, proof):
    if first > second:
        raise Bad("the signed tree is smaller")
    if first == second or first == 0:
        empty = first == 0 and first_root != Edge(0, []).root()
        if proof or empty or (first == second and first_root != second_root):
            raise Bad("the entries do not make the signed root")
        return
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        raise Bad("the consistency proof is empty")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Bad("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != first_root or sr != second_root:
        raise Bad("the entries do not lead to the signed root")


# --- Notes, checkpoints, proofs (C2SP) ----------------------------------------------------------------------------------------

def unbase64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Bad("bad base64") from None
    if base64.b64encode(data).decode() != text:
        raise Bad("base64 in another than the standard form")
    return data


def unhash(text):
    data = unbase64(text)
    if len(data) != 32:
        raise Bad("a hash must have 32 bytes")
    return data


def decimal(text):
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII) or int(text) >= 2**63:
        raise Bad("a number must be decimal, without sign and leading zeros")
    return int(text)


def utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
            raise Bad("a key looks like name+0123abcd+base64")
        self.text, self.name, data = text, parts[0], unbase64(parts[2])
        if len(data) != 33 or data[0] != 1:
            raise Bad("only Ed25519 keys (type 1) are supported")
        self.public = data[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Bad("the key's hash does not fit its name and bytes: it was changed or cut")


def open_note(text, keys):
    """The note's text and the keys among `keys` that signed it."""
    if len(text.encode()) > MAX_NOTE:
        raise Bad("the note is too long")
    blank = text.rfind("\n\n")
    if blank < 1 or not text.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text):
        raise Bad("not a signed note")
    body, lines = text[:blank + 1], text[blank + 2:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Bad("too many signatures")
    found = []
    for line in lines:
        parts = line.split(" ", 2)
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or re.search(r"[\s+]", parts[1]):
            raise Bad("a bad signature line")
        data = unbase64(parts[2])
        if len(data) < 5:
            raise Bad("a bad signature line")
        for key in keys:
            if key.name == parts[1] and key.id == data[:4] and key not in found:
                if not ed25519_holds(key.public, body.encode(), data[4:]):
                    raise Bad(f"the signature of {key.name} does not fit the text")
                found.append(key)
    if not found:
        raise Bad("no pinned key signed it")
    return body, found


def open_checkpoint(text, keys):
    """Origin, size and root of a checkpoint signed by a pinned key of that origin."""
    body, found = open_note(text, keys)
    lines = body.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise Bad("a checkpoint has at least three lines, none empty")
    size, root = decimal(lines[1]), unhash(lines[2])
    if lines[0] != found[0].name:
        raise Bad(f"the checkpoint is of the log {lines[0]}, the key of {found[0].name}")
    return lines[0], size, root


class Proof:
    def __init__(self, text):
        head, blank, self.checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
            raise Bad("not a tlog-proof file")
        self.extra = None
        if lines and lines[0].startswith("extra "):
            self.extra = unbase64(lines.pop(0)[6:])
        if not lines or not lines[0].startswith("index "):
            raise Bad("no line with the index")
        self.index = decimal(lines.pop(0)[6:])
        self.hashes = [unhash(line) for line in lines]
        if len(self.hashes) > 64:
            raise Bad("more than 64 hashes")


# --- Bundles ------------------------------------------------------------------------------------------------------------------

def no_doubles(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise Bad("a member twice")
    return dict(pairs)


def no_constant(name):
    raise Bad(f"{name} is no JSON")


def read_json(data, members=None):
    try:
        value = json.loads(utf8(data), object_pairs_hook=no_doubles, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Bad("not JSON") from None
    if not isinstance(value, dict) or (members is not None and set(value) != members):
        raise Bad("other members than expected")
    return value


def is_size(value):
    return type(value) is int and 0 <= value < 2**63


def read_manifest(data):
    manifest = read_json(data)
    if set(manifest) - {"scope"} != {"format", "tenant_id", "origin", "created_at", "range", "keys", "files"}:
        raise Bad("other members than expected")
    run, files, scope = manifest["range"], manifest["files"], manifest.get("scope")
    if scope is not None and not (isinstance(scope, dict) and set(scope) <= SCOPE
                                  and all(value is None or isinstance(value, str) for value in scope.values())):
        raise Bad("not a scope")
    if manifest["format"] != FORMAT or not isinstance(run, dict) or set(run) != {"start", "end", "before", "after"}:
        raise Bad("not a " + FORMAT + " manifest")
    if not isinstance(manifest["tenant_id"], str) or not isinstance(manifest["origin"], str):
        raise Bad("tenant and origin must be text")
    if not isinstance(files, list) or len(files) > MAX_FILES:
        raise Bad("files must be a list")
    last = ""
    for file in files:
        if not isinstance(file, dict) or set(file) != {"path", "bytes", "sha256"} or not is_size(file["bytes"]):
            raise Bad("a file has path, bytes and sha256")
        path = file["path"]
        if not isinstance(path, str) or (path != CHECKPOINT and not PATH.match(path)) or path <= last:
            raise Bad(f"a path that is not allowed, doubled or out of order: {path!r}")
        last = path
    if not {CHECKPOINT, ENTRIES, LEAVES} <= {file["path"] for file in files}:
        raise Bad("a file that every bundle has is not listed")
    for name in ("before", "after"):
        if not isinstance(run[name], list) or not all(isinstance(text, str) for text in run[name]):
            raise Bad("tree hashes must be text")
        run[name] = [unhash(text) for text in run[name]]
    if not (is_size(run["start"]) and is_size(run["end"]) and run["start"] <= run["end"]):
        raise Bad("the range is upside down")
    if len(run["before"]) != run["start"].bit_count():
        raise Bad("the range and its tree hashes do not fit")
    return manifest


def read_entry(line):
    entry = read_json(line, MEMBERS)
    for name in MEMBERS - {"detail"}:
        optional = name in ("prev_hash", "target", "trace_id", "user_id", "workspace_id")
        if not isinstance(entry[name], str) and not (optional and entry[name] is None):
            raise Bad(f"{name} must be text")
    if not isinstance(entry["detail"], dict) or not re.fullmatch(r"-?[0-9]+", entry["occurred_at_micros"], re.ASCII):
        raise Bad("not an audit entry")
    link = entry["prev_hash"]
    if link is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", link):
        raise Bad("a bad link")
    entry["seq"] = decimal(entry["seq"])
    return entry


class Hashed:
    """A file that is read in pieces and hashed on the way."""

    def __init__(self, path):
        self.file, self.hash, self.bytes = open(path, "rb"), hashlib.sha256(), 0

    def take(self, data):
        self.hash.update(data)
        self.bytes += len(data)
        return data

    def line(self, limit):
        """A line without its newline; None at the end; Bad when it is too long or does not end."""
        data = self.take(self.file.readline(limit + 1))
        if not data:
            return None
        if not data.endswith(b"\n"):
            raise Bad("the line is too long or does not end")
        return data[:-1]

    def read(self, count):
        return self.take(self.file.read(count))

    def rest(self):
        before = self.bytes
        while self.read(1 << 20):
            pass
        self.file.close()
        return self.bytes > before


class Bundle:
    def __init__(self, folder, paths, keys, earlier):
        self.folder, self.paths, self.keys, self.earlier = folder, paths, keys, earlier
        self.faults, self.counts = [], dict.fromkeys(("entries", "withheld", "traces", "not kept", "decisions", "proofs", "paired", "open"), 0)
        self.tenant, self.signers, self.listed = None, [], {}

    def fault(self, code, file, why, entry=None):
        self.faults.append((code, file, entry, str(why)))

    def whole(self, path, limit):
        with open(os.path.join(self.folder, path), "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise Bad(f"{path} is too long")
        return data

    def open(self, path):
        if path in self.listed and path in self.paths:
            return Hashed(os.path.join(self.folder, path))
        return None

    def compare(self, path, count, digest):
        file = self.listed[path]
        if file["bytes"] != count or file["sha256"] != "sha256:" + digest:
            self.fault("file_changed", path, "length or hash is not what the manifest says")

    def text(self, path, limit):
        if path not in self.listed or path not in self.paths:
            return None
        data = self.whole(path, limit)
        self.compare(path, len(data), hashlib.sha256(data).hexdigest())
        try:
            return data.decode()
        except UnicodeDecodeError:
            return ""

    def verify(self):
        try:
            self.check()
        except (OSError, Bad) as error:
            self.fault("file_unreadable", "", error)

    def check(self):
        for path in (MANIFEST, SIGNATURE):
            if path not in self.paths:
                self.fault("file_missing", path, "every bundle has it")
        if MANIFEST not in self.paths:
            return
        data = self.whole(MANIFEST, 16 * 1024 * 1024)
        if SIGNATURE in self.paths:
            try:
                body, found = open_note(utf8(self.whole(SIGNATURE, MAX_NOTE)), self.keys)
                if body != f"{FORMAT}\nsha256:{hashlib.sha256(data).hexdigest()}\n":
                    raise Bad("it is over another manifest")
                self.signers = [key.text for key in found]
            except Bad as why:
                self.fault("manifest_signature", SIGNATURE, why)
        try:
            manifest = read_manifest(data)
        except Bad as why:
            self.fault("manifest_unreadable", MANIFEST, why)
            return
        self.tenant = manifest["tenant_id"]
        self.listed = {file["path"]: file for file in manifest["files"]}
        if not manifest["origin"].endswith("/audit/log/" + urllib.parse.quote(self.tenant, safe="")):
            self.fault("origin_differs", MANIFEST, "the origin is not that of the tenant's log")
        for path in sorted(set(self.listed) - self.paths):
            self.fault("file_missing", path, "the manifest lists it")
        for path in sorted(self.paths - set(self.listed) - {MANIFEST, SIGNATURE}):
            self.fault("file_unlisted", path, "the manifest does not list it")
        signed = self.checkpoint(manifest)
        proofs = self.proofs()
        earlier = None
        if self.earlier is not None:
            try:
                earlier = open_checkpoint(self.earlier, self.keys)
            except Bad as why:
                self.fault("earlier_untrusted", CHECKPOINT, why)
        self.walk(manifest, signed, earlier, proofs)
        for path in self.listed:
            if not path.startswith("proofs/") and path not in (CHECKPOINT, ENTRIES, LEAVES, TRACES, DECISIONS):
                self.close(path, self.open(path))

    def close(self, path, file):
        if file is None:
            return False
        rest = file.rest()
        self.compare(path, file.bytes, file.hash.hexdigest())
        return rest

    def checkpoint(self, manifest):
        text = self.text(CHECKPOINT, MAX_NOTE)
        if text is None:
            return None
        try:
            signed = open_checkpoint(text, self.keys)
        except Bad as why:
            self.fault("checkpoint_untrusted", CHECKPOINT, why)
            return None
        if signed[0] != manifest["origin"]:
            self.fault("origin_differs", CHECKPOINT, "it is of another log than the manifest")
        return signed

    def proofs(self):
        proofs, opened = {}, {}
        for path in self.listed:
            text = self.text(path, MAX_PROOF) if path.startswith("proofs/") else None
            if text is None:
                continue
            try:
                proof = Proof(text)
                if proof.checkpoint not in opened:
                    opened[proof.checkpoint] = open_checkpoint(proof.checkpoint, self.keys)
                proofs.setdefault(proof.index, []).append((path, proof, opened[proof.checkpoint]))
            except Bad as why:
                self.fault("proof_invalid", path, why)
        return proofs

    def walk(self, manifest, signed, earlier, proofs):
        entries, run = self.open(ENTRIES), manifest["range"]
        if entries is None:
            return
        sides = {path: self.open(path) for path in (LEAVES, TRACES, DECISIONS)}
        edge, self.previous, self.compared = Edge(run["start"], run["before"]), None, False
        scope = manifest.get("scope") or {}
        self.shows = {name: scope[name] for name in ("workspace_id", "trace_id") if scope.get(name) is not None}
        self.pairs = Pairs(run["start"] == 0 and not self.shows)
        self.compare_earlier(edge, earlier)
        whole = True
        for index in range(run["start"], run["end"]):
            try:
                line = entries.line(MAX_ENTRY)
            except Bad as why:
                self.fault("entry_unreadable", ENTRIES, why, index + 1)
                line = None
            else:
                if line is None:
                    self.fault("entry_missing", ENTRIES, "the file ends before it", index + 1)
            if line is None:
                whole = False
                break
            if line == b"null" and self.shows:
                leaf = sides[LEAVES].read(32) if sides[LEAVES] else b""
                if len(leaf) != 32:
                    self.fault("entry_missing", ENTRIES, "it is withheld, and its leaf hash is not listed", index + 1)
                    whole = False
                    break
                self.counts["withheld"] += 1
                self.previous = leaf
                edge.append(leaf)
            else:
                leaf = leaf_hash(line)
                edge.append(leaf)
                self.entry(index, line, leaf, run["start"], sides)
            self.compare_earlier(edge, earlier)
            for path, proof, (_, size, root) in proofs.pop(index, []):
                try:
                    check_inclusion(leaf, index, size, proof.hashes, root)
                    if proof.extra is not None and leaf_hash(proof.extra) != leaf:
                        raise Bad("it carries another entry")
                    self.counts["proofs"] += 1
                except Bad as why:
                    self.fault("proof_invalid", path, why)
        named = [(ENTRIES, entries, "entry_extra"), (LEAVES, sides[LEAVES], "entry_extra"),
                 (TRACES, sides[TRACES], "trace_extra"), (DECISIONS, sides[DECISIONS], "decision_extra")]
        for path, file, code in named:
            if self.close(path, file) and whole:
                place = edge.size + 1 if code == "entry_extra" else None
                self.fault(code, path, "more follows than the entries ask for", place)
        if signed is not None:
            self.compare_roots(edge, run, signed, earlier)
        for path, *_ in (item for items in proofs.values() for item in items):
            self.fault("proof_invalid", path, "its entry is not in the bundle")
        for code, seq in self.pairs.faults:
            self.fault(code, ENTRIES, "decisions and outcomes do not pair here", seq)
        self.counts.update({"paired": self.pairs.paired, "open": len(self.pairs.open)})

    def entry(self, index, line, leaf, start, sides):
        seq, previous, before = index + 1, self.previous, len(self.faults)
        self.previous = leaf
        self.counts["entries"] += 1
        listed = sides[LEAVES].read(32) if sides[LEAVES] else leaf
        try:
            entry = read_entry(line)
        except Bad as why:
            entry = None
            self.fault("entry_unreadable", ENTRIES, why, seq)
        if entry and entry["seq"] != seq:
            self.fault("entry_out_of_place", ENTRIES, "another entry is in its place: it was dropped, doubled or moved", seq)
        elif entry and entry["tenant_id"] != self.tenant:
            self.fault("entry_foreign", ENTRIES, "it is of another tenant", seq)
        elif entry and any(entry[name] != value for name, value in self.shows.items()):
            self.fault("entry_foreign", ENTRIES, "it is not what the bundle says it shows", seq)
        if listed != leaf:
            self.fault("entry_changed", ENTRIES, "its leaf hash is not the one listed", seq)
        if entry is None:
            return
        link = entry["prev_hash"]
        if index != start:
            linked = link == "sha256:" + previous.hex()
        else:
            linked = index > 0 or link is None
        # An entry that is sound itself and links to other bytes than those before it says that the one before was changed.
        if not linked and len(self.faults) == before:
            if index == start:
                self.fault("entry_unlinked", ENTRIES, "the first entry links to one before it", seq)
            else:
                self.fault("entry_unlinked", ENTRIES, "the next entry links to another one", seq - 1)
        kind, detail = entry["event_type"], entry["detail"]
        role = self.pairs.take(kind, detail, seq)
        if role == "closes":
            if entry["trace_id"] is not None and detail.get("trace_hash") is not None and sides[TRACES]:
                self.trace(sides[TRACES], detail["trace_hash"], seq)
        elif role == "decides" and sides[DECISIONS]:
            try:
                line = sides[DECISIONS].line(MAX_RECORD) or b""
                record = read_json(line)
                said = [name for name in REPEATED if detail.get(name) is not None]
                if record.get("decision_id") is None or any(record.get(name) != detail[name] for name in said):
                    raise Bad("the record does not say what the entry says")
                # Entries of early versions do not hash the record.
                if detail.get("decision_hash") not in (None, "sha256:" + hashlib.sha256(line).hexdigest()):
                    raise Bad("the record does not say what the entry says")
                self.counts["decisions"] += 1
            except Bad as why:
                self.fault("decision_differs", DECISIONS, why, seq)

    def trace(self, file, expected, seq):
        try:
            line = file.line(MAX_RECORD)
        except Bad:
            line = None
        if line is None:
            self.fault("trace_missing", TRACES, "the trace that the entry names is missing", seq)
        elif line == b"null":
            self.counts["not kept"] += 1
        elif "sha256:" + hashlib.sha256(line).hexdigest() == expected:
            self.counts["traces"] += 1
        else:
            self.fault("trace_differs", TRACES, "the trace's hash is not the one in the entry", seq)

    def compare_earlier(self, edge, earlier):
        if earlier is not None and earlier[1] == edge.size:
            self.compared = True
            if earlier[2] != edge.root():
                self.fault("forked", ENTRIES, f"the first {edge.size} entries are not those of the earlier checkpoint")

    def compare_roots(self, edge, run, signed, earlier):
        try:
            check_consistency(edge.size, edge.root(), signed[1], signed[2], run["after"])
        except Bad as why:
            self.fault("root_differs", CHECKPOINT, why)
        if edge.size != run["end"]:
            self.fault("root_differs", CHECKPOINT, "entries are missing, so the tree was compared in part only")
        if earlier is not None and earlier[1] > signed[1]:
            self.fault("rolled_back", CHECKPOINT, "the log is shorter than at the earlier checkpoint: it was cut back")
        elif earlier is not None and not self.compared:
            self.fault("not_comparable", CHECKPOINT, "the bundle's entries do not reach the earlier checkpoint")


class Pairs:
    """Each decision has exactly one outcome, or is open."""

    def __init__(self, from_start):
        self.from_start, self.open, self.closed, self.paired, self.faults = from_start, set(), set(), 0, []

    def take(self, kind, detail, seq):
        # What people resolve and what lapses ends a decision only sometimes.
        closes = (kind in CLOSES or (kind == "policy_decision_resolved" and detail.get("status") == "rejected")
                  or (kind == "execution_lapsed" and detail.get("closes") != "no")
                  or (kind == "adapter_cost_ingested" and detail.get("closes") == "yes"))
        role = "closes" if closes else "decides" if kind in DECIDES | REFUSES else None
        if role is None:
            return None
        decision = detail.get("decision_id")
        key = hashlib.sha256(decision.encode()).digest()[:16] if isinstance(decision, str) else None
        if key is None:
            self.faults.append(("decision_nameless", seq))
        elif role == "decides":
            if key in self.open or key in self.closed:
                self.faults.append(("decision_doubled", seq))
            elif kind in REFUSES:
                self.closed.add(key)
                self.paired += 1
            else:
                self.open.add(key)
        elif key in self.open:
            self.open.remove(key)
            self.closed.add(key)
            self.paired += 1
        elif key in self.closed:
            self.faults.append(("outcome_doubled", seq))
        elif self.from_start:
            self.faults.append(("outcome_orphan", seq))
        else:
            self.closed.add(key)
        return role


def unpack(path, folder):
    """Unpacks regular files only, each once, none outside `folder`; reads the archive to its very end."""
    paths = set()
    try:
        with gzip.open(path) as data:
            with tarfile.open(fileobj=data, mode="r|") as archive:
                for member in archive:
                    name = member.name
                    allowed = name in (MANIFEST, SIGNATURE, CHECKPOINT) or PATH.match(name)
                    if not member.isreg() or not allowed or name in paths or len(paths) > MAX_FILES:
                        raise Bad(f"a member that is not allowed or doubled: {name!r}")
                    paths.add(name)
                    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                    with archive.extractfile(member) as source, open(os.path.join(folder, name), "wb") as target:
                        while piece := source.read(1 << 20):
                            target.write(piece)
            while data.read(1 << 20):
                pass
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, zlib.error) as error:
        raise Bad(f"the archive is damaged: {error}") from None
    return paths


def verify_bundle(path, keys, earlier):
    with tempfile.TemporaryDirectory() as folder:
        try:
            paths = unpack(path, folder)
        except Bad as why:
            return [("archive", os.path.basename(path), None, str(why))], ["no entry could be read"]
        bundle = Bundle(folder, paths, keys, earlier)
        bundle.verify()
        lines = [f"tenant: {bundle.tenant}", "signed by: " + (", ".join(bundle.signers) or "nobody you trust")]
        return bundle.faults, lines + [", ".join(f"{name}: {count}" for name, count in bundle.counts.items())]


def verify_proof(path, keys, entry):
    try:
        with open(path, "rb") as file:
            proof = Proof(utf8(file.read(MAX_PROOF + 1)))
        entry = proof.extra if entry is None else entry
        if entry is None:
            raise Bad("the proof does not carry the entry: give it with --entry")
        origin, size, root = open_checkpoint(proof.checkpoint, keys)
        check_inclusion(leaf_hash(entry), proof.index, size, proof.hashes, root)
    except (Bad, OSError) as why:
        return [("proof_invalid", os.path.basename(path), None, str(why))], []
    return [], [f"log: {origin}", f"entry {proof.index + 1} of {size}: {utf8(entry)}"]


def main():
    parser = argparse.ArgumentParser(description="Verifies Clasper's export bundles and proof files offline.")
    parser.add_argument("files", nargs="+", help="bundles (.tar.gz) or proof files")
    parser.add_argument("--key", action="append", required=True, help="the log's verifier key, name+hash+base64; from elsewhere")
    parser.add_argument("--earlier", help="a checkpoint file kept from before; the bundle's log must continue it")
    parser.add_argument("--entry", help="the entry's bytes, for a proof file that does not carry them")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each file")
    asked = parser.parse_args()
    try:
        keys = [Key(text) for text in asked.key]
        earlier = open(asked.earlier, encoding="utf-8", newline="").read() if asked.earlier else None
        entry = open(asked.entry, "rb").read() if asked.entry else None
        heads = [open(path, "rb").read(8) for path in asked.files]
    except (Bad, OSError, ValueError) as why:
        print(f"verify.py: {why}", file=sys.stderr)
        return 2
    bad = False
    for path, head in zip(asked.files, heads):
        if head.startswith(b"c2sp.org"):
            faults, lines = verify_proof(path, keys, entry)
        else:
            faults, lines = verify_bundle(path, keys, earlier)
        bad = bad or bool(faults)
        first = min((f for f in faults if f[2] is not None), key=lambda f: f[2], default=None)
        if asked.json:
            print(json.dumps({"file": path, "holds": not faults, "first_bad_entry": first and first[2], "faults": faults}), flush=True)
            continue
        print(f"{path}: {'DOES NOT HOLD' if faults else 'holds'}")
        for line in lines:
            print("  " + line)
        if first:
            print(f"  first bad entry: {first[2]} ({first[0]}: {first[3]})")
        for code, file, place, why in faults[:100]:
            print(f"  fault: {code} {file}{f' entry {place}' if place else ''}: {why}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
