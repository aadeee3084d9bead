// The page: what is typed goes to Python, what comes back is shown.
import { show } from "./show.js";
import { copy } from "./copy.js";
import { applyTheme } from "./choose-theme.js";
import { readFragment, writeFragment } from "./fragment.js";

const EXAMPLES = [
  ["URI", "tcp:[::1]:4446,to=4450"],
  ["old URI", "tcp:fe80::1:4446,keepalive"],
  ["exec", "exec:gzip -c > /tmp/vm.gz"],
  ["channels", '[{"channel-type": "main", "addr": {"transport": "file", "filename": "/tmp/vm", "offset": 4096}}]'],
  ["draft", '{"channeltype": "main", "addr": {"transport": "exec", "exec-str": "cat"}}'],
  ["monitor", "migrate -d unix:/run/vm.sock"],
  ["-incoming", "-incoming cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr"],
  ["libvirt", "tcp://host.example:49152", "libvirt"],
];

const byId = (id) => document.getElementById(id);
const [address, source, release, status, note, answer] = ["address", "source", "release", "status", "note", "answer"].map(byId);

const root = document.documentElement;
const { docs } = root.dataset; // where they are; empty: nowhere near

let worker;
let ready = false;
let busy = false; // Python is at work; what is typed meanwhile waits, and only the last of it is asked
let waiting = false;
let changedAt = 0;
let askedAt = 0; // when somebody typed what is being answered
let speaking = 0;

function ask() {
  if (!ready || busy) {
    waiting = true;
    return;
  }
  waiting = false;
  busy = true;
  root.dataset.state = "busy";
  askedAt = changedAt;
  worker.postMessage(JSON.stringify({ text: address.value, source: source.value || null, release: release.value }));
}

function changed(delay = 300) {
  if (!waiting) {
    changedAt = performance.now();
  }
  fit();
  ask();
  writeFragment(state(), delay);
}

function state() {
  return { text: address.value, from: source.value, release: release.value };
}

function fit() {
  address.style.height = "auto";
  address.style.height = `${address.scrollHeight + address.offsetHeight - address.clientHeight}px`;
}

function load({ text, from, release: wanted }) {
  address.value = text;
  source.value = from;
  if (wanted) {
    release.value = wanted;
  }
  const unknown = [
    source.selectedIndex < 0 && `a format ${from}`,
    release.selectedIndex < 0 && `a QEMU ${wanted}`,
  ].filter(Boolean);
  source.selectedIndex = Math.max(source.selectedIndex, 0);
  release.selectedIndex = Math.max(release.selectedIndex, 0);
  say(unknown.length ? `The link names ${unknown.join(" and ")}, which this page does not know.` : "");
  changed(0);
}

function say(text) {
  note.textContent = text;
}

// A screen reader hears the summary when the typing rests, not at each key.
function announce(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => (status.textContent = text), status.textContent ? 400 : 0);
}

function failed(text) {
  root.dataset.state = "failed";
  status.textContent = text;
}

const actions = {
  async copy(text, what) {
    say((await copy(text)) ? `${what} copied.` : `${what} could not be copied: the browser does not allow it.`);
  },
  replace(text) {
    address.value = text;
    address.focus();
    changed();
  },
  readAs(name) {
    source.value = name;
    source.focus();
    changed();
  },
};

function begin(about) {
  release.append(...about.releases.map((name) => new Option(name, name)));
  source.append(...about.formats.map(({ name, title }) => new Option(title, name)));
  byId("versions").textContent = `migaddr ${about.version} on Python ${about.python}, run by Pyodide.`;
  status.textContent = "";
  ready = true;
  const typed = address.value;
  const shared = readFragment();
  load(typed ? { ...shared, text: typed } : shared);
}

function answered(result) {
  show(answer, result, actions, docs);
  announce(result.summary || "Type or paste an address, or take an example.");
  performance.measure("keystroke", { start: askedAt, end: performance.now() });
}

// A text that Python did not survive: that text is not asked again, the next one is, of a new Python.
function stumbled(error) {
  console.error(error);
  answer.replaceChildren();
  announce("migaddr stumbled over this text: please report it as a bug. Python is started again.");
  worker.terminate();
  ready = false;
  startPython();
}

function startPython() {
  worker = new Worker("worker.js", { type: "module" });
  worker.addEventListener("error", ({ message }) => failed(`Python cannot be started: ${message ?? "no reason given"}.`));
  worker.addEventListener("message", ({ data }) => {
    if (data.failed) {
      failed(`Python cannot be started: ${data.failed}`);
      return;
    }
    busy = false;
    root.dataset.state = "ready";
    if (data.answer) {
      answered(JSON.parse(data.answer));
    } else if (data.broken) {
      root.dataset.state = "loading";
      stumbled(data.broken);
    } else if (release.length) {
      ready = true;
    } else {
      begin(JSON.parse(data.about));
    }
    if (waiting) {
      ask();
    }
  });
}

for (const [label, text, from = ""] of EXAMPLES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", () => load({ text, from, release: "" }));
  document.querySelector(".examples").append(button);
}

address.addEventListener("input", () => changed());
source.addEventListener("change", () => changed());
release.addEventListener("change", () => changed());
addEventListener("hashchange", () => ready && load(readFragment()));
byId("form").addEventListener("submit", (event) => event.preventDefault());
byId("share").addEventListener("click", () => {
  writeFragment(state(), 0);
  actions.copy(location.href, "Link");
});
byId("clear").addEventListener("click", () => {
  load({ text: "", from: "", release: "" });
  address.focus();
});
applyTheme(byId("theme"));
if (docs) {
  const link = document.createElement("a");
  link.href = `${docs}index.html`;
  link.textContent = "migaddr";
  byId("home").replaceChildren(link);
}
startPython();
