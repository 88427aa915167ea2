"use strict";
// Steps 1 to 7 of docs/formats/receipt.md. Hashes and HMAC are the browser's own; nothing here
// asks for a network, keeps anything, or shows the key.
const subtle = globalThis.crypto && globalThis.crypto.subtle;
const STEPS = ["text", "log", "proof", "grant", "number", "shares", "tag"];
const bytes = (text) => new TextEncoder().encode(text);
const hex = (raw) => Array.from(raw, (each) => each.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((each, i) => each === b[i]);
const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", concat(...parts)));

class Fails extends Error {
  constructor(step) { super(step); this.step = step; }
}
class CannotRun extends Error {}

function need(condition, step) {
  if (!condition) throw new Fails(step);
}

function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

// Strict: decoders ignore the last bits, so what was decoded is encoded again and compared.
function base64(text) {
  let decoded;
  try { decoded = atob(text); } catch { return null; }
  return btoa(decoded) === text ? Uint8Array.from(decoded, (each) => each.charCodeAt(0)) : null;
}

async function hmac(key, message) {
  const known = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle.importKey("raw", key, known, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, message));
}

async function verifyEd25519(key, signature, message) {
  let imported;
  try {
    imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return ownEd25519(key, signature, message); // browsers from before 2025
  }
  return subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

async function parseVkey(text) {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const raw = match && base64(match[3]);
  if (!raw || raw.length !== 33 || raw[0] !== 1) throw new CannotRun("vkey");
  const id = (await sha256(bytes(match[1] + "\n"), raw)).slice(0, 4);
  if (hex(id) !== match[2]) throw new CannotRun("vkey");
  return { name: match[1], id, key: raw.slice(1) };
}

function parsePartB(text) {
  const match = /^(?:izin-trace:1:([a-z0-9_.\/-]{1,128}):)?([A-Za-z0-9_-]{43})$/.exec(text.trim());
  const key = match && base64(match[2].replaceAll("-", "+").replaceAll("_", "/") + "=");
  if (!key) throw new CannotRun("part_b");
  return { origin: match[1], key };
}

const ID = /^(?!.*[0-9]{16})[a-z0-9_.-]{1,64}$/;

function parsePartA(text) { // 1
  const lines = text.split("\n");
  const head = /^izin-receipt:2:([a-z0-9_.\/-]{1,128}):([1-9][0-9]{0,8}):([a-z0-9_.,-]{1,2000})$/;
  const match = head.exec(lines[0]);
  need(match && lines[1] && lines.length > 3, "text");
  const agencies = match[3].split(",");
  need(agencies.every((each) => ID.test(each)), "text");
  need(new Set(agencies).size === agencies.length, "text");
  const proof = lines.slice(2).join("\n");
  return { origin: match[1], n: match[2], agencies, entry: lines[1], proof };
}

function parseProof(text) {
  const gap = text.indexOf("\n\n");
  need(gap > 0, "proof");
  const [first, index, ...hashes] = text.slice(0, gap).split("\n");
  need(first === "c2sp.org/tlog-proof@v1", "proof");
  const match = /^index (0|[1-9][0-9]{0,18})$/.exec(index || "");
  need(match && hashes.length <= 63, "proof");
  const path = hashes.map(base64);
  need(path.every((each) => each && each.length === 32), "proof");
  return { index: BigInt(match[1]), path, note: text.slice(gap + 2) };
}

async function openCheckpoint(note, vkey) {
  const cut = note.lastIndexOf("\n\n");
  need(cut > 0 && note.endsWith("\n"), "proof");
  const text = note.slice(0, cut + 1);
  let signature = null;
  for (const line of note.slice(cut + 2, -1).split("\n")) {
    const match = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/=]+)$/.exec(line);
    const raw = match && base64(match[2]);
    need(raw && raw.length >= 5, "proof");
    const isLogs = match[1] === vkey.name && same(raw.slice(0, 4), vkey.id);
    if (isLogs && signature === null) signature = raw.slice(4);
  }
  need(signature !== null && signature.length === 64, "proof");
  need(await verifyEd25519(vkey.key, signature, bytes(text)), "proof");
  const [origin, size, root] = text.split("\n");
  need(origin === vkey.name && /^(0|[1-9][0-9]{0,18})$/.test(size || ""), "proof");
  const found = base64(root || "");
  need(found && found.length === 32, "proof");
  return { size: BigInt(size), root: found };
}

async function checkInclusion(leaf, { index, path }, { size, root }) { // RFC 9162, 2.1.3.2
  need(index < size, "proof");
  let [first, last, found] = [index, size - 1n, leaf];
  for (const sibling of path) {
    need(last > 0n, "proof");
    if (first & 1n || first === last) {
      found = await sha256([1], sibling, found);
      while (first && !(first & 1n)) { first >>= 1n; last >>= 1n; }
    } else {
      found = await sha256([1], found, sibling);
    }
    first >>= 1n; last >>= 1n;
  }
  need(last === 0n && same(found, root), "proof");
}

const HASH = /^[0-9a-f]{64}$/;
const TAG = /^[0-9a-f]{32}$/;
const HOUR = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z$/;
const MEMBERS = ["at", "challenge", "digest", "g", "kind", "prev", "programme", "purpose", "tag",
  "traces", "v"];

function parseGiven(raw) { // 4, and that the entry is one that a log may hold
  let entry;
  try { entry = JSON.parse(raw); } catch { throw new Fails("proof"); }
  need(entry && entry.kind === "grant.given", "grant");
  // Canonical: the members in their order, written again, are the same text.
  const again = Object.fromEntries(MEMBERS.map((name) => [name, entry[name]]));
  need(JSON.stringify(again) === raw && entry.v === 1 && Array.isArray(entry.traces), "proof");
  const text = [entry.at, entry.programme, entry.purpose, entry.tag, entry.g];
  need(text.every((each) => typeof each === "string"), "proof");
  need(HOUR.test(entry.at) && ID.test(entry.programme) && ID.test(entry.purpose), "proof");
  need(TAG.test(entry.tag) && HASH.test(entry.g), "proof");
  return entry;
}

async function checkReceipt(partA, partB, vkeyText) {
  if (!subtle) throw new CannotRun("browser");
  const vkey = await parseVkey(vkeyText);
  const paper = parsePartB(partB);
  const said = parsePartA(partA); // 1
  need(said.origin === vkey.name, "log"); // 2
  need(paper.origin === undefined || paper.origin === said.origin, "log");
  const proof = parseProof(said.proof); // 3
  const checkpoint = await openCheckpoint(proof.note, vkey);
  await checkInclusion(await sha256([0], bytes(said.entry)), proof, checkpoint);
  const entry = parseGiven(said.entry); // 4
  const gid = await hmac(paper.key, bytes("izin/v1/grant/" + said.n));
  need(hex(await sha256(bytes("izin/v1/given/"), gid)) === entry.g, "number"); // 5
  const traces = [];
  for (const agency of said.agencies) { // 6
    const share = await hmac(paper.key, bytes("izin/v1/trace/" + agency));
    const trace = await sha256(bytes("izin/v1/share/"), gid, share, bytes(agency));
    traces.push(hex(trace.slice(0, 16)));
  }
  need(traces.sort().join() === entry.traces.join(), "shares");
  const own = await hmac(paper.key, bytes("izin/v1/trace/izin")); // 7
  const tags = [];
  for (let k = 0; k < 64; k++) {
    const tag = await hmac(own, bytes(entry.at.slice(0, 10) + "/" + k));
    tags.push(hex(tag.slice(0, 16)));
  }
  need(tags.includes(entry.tag), "tag");
  return { n: said.n, index: String(proof.index), size: String(checkpoint.size),
    origin: said.origin, programme: entry.programme, purpose: entry.purpose,
    at: entry.at.slice(0, 13).replace("T", " ") + ":00 UTC", agencies: said.agencies.length };
}
