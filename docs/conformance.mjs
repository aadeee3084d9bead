// Holds a parser of your own against the conformance vectors: node conformance.mjs FOLDER/uri.json 11.1
// Replace `parse`. This one reads four schemes as QEMU 8.2 and later does, and passes on the rest.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

// Gives what QMP calls addr, or {error: QEMU's words}; undefined: not for this parser.
function parse(uri) {
  const colon = uri.indexOf(":");
  const scheme = uri.slice(0, Math.max(colon, 0)), rest = uri.slice(colon + 1);
  if (["tcp", "rdma", "file"].includes(scheme)) return undefined;
  if (scheme === "exec") return { transport: "exec", args: ["/bin/sh", "-c", rest] };
  if (scheme === "unix" && rest) return { transport: "socket", type: "unix", path: rest };
  if (scheme === "unix") return { error: "invalid Unix socket address" };
  if (scheme === "fd" && rest) return { transport: "socket", type: "fd", str: rest };
  if (scheme === "fd") return { error: "invalid file descriptor address" };
  if (scheme !== "vsock") return { error: `unknown migration protocol: ${uri}` };
  const split = rest.indexOf(":"), cid = split < 0 ? rest : rest.slice(0, split);
  const [port, ...options] = (split < 0 ? "" : rest.slice(split + 1)).split(",");
  if (!cid || Buffer.byteLength(cid) > 32 || !port) return { error: `error parsing address '${rest}'` };
  if (Buffer.byteLength(port) > 32 || options.length) return { error: `trailing characters in address '${rest}'` };
  return { transport: "socket", type: "vsock", cid, port };
}

const [file, release] = process.argv.slice(2);
const stop = (why) => { console.error(why); process.exit(2); };
if (!file) stop("usage: node conformance.mjs FOLDER/uri.json RELEASE");
const { releases, rows } = JSON.parse(readFileSync(file, "utf8"));
if (!releases.includes(release) || !rows[0].uri) stop(`give uri.json, and one of ${releases.join(", ")}`);
const counts = { agree: 0, differ: 0, skipped: 0 };
for (const row of rows) {
  const wanted = row.expect.find(({ releases: [first, last] }) =>
    releases.indexOf(first) <= releases.indexOf(release) && releases.indexOf(release) <= releases.indexOf(last));
  const found = wanted && parse(row.uri);
  if (!found) { counts.skipped += 1; continue; }
  const agrees = isDeepStrictEqual(found, wanted.addr ?? { error: wanted.error });
  counts[agrees ? "agree" : "differ"] += 1;
  if (!agrees) console.log(`${row.id} ${row.uri}\n  got    ${JSON.stringify(found)}\n  wanted ${JSON.stringify(wanted)}`);
}
console.log(`${counts.agree} agree, ${counts.differ} differ, ${counts.skipped} skipped`);
process.exitCode = counts.differ ? 1 : 0;
