// Shows an answer. Whatever comes from the text goes into text nodes and attributes, never into HTML.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function button(label, name, act) {
  const made = make("button", { type: "button", "aria-label": name }, label);
  made.addEventListener("click", act);
  return made;
}

function section(id, title, ...children) {
  return make("section", { id, "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, title), ...children);
}

function marked({ before, part, after }) {
  const place = part ? make("mark", {}, part) : make("mark", { class: "missing" }, make("span", { class: "offscreen" }, "(something is missing here)"));
  return make("code", { class: "place" }, before, place, after);
}

function definitions(rows) {
  return make("dl", {}, ...rows.map(({ name, value, meaning }) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, make("code", {}, value), meaning ? make("span", { class: "meaning" }, ` ${meaning}`) : ""))));
}

function fault({ fault, release, read_by }) {
  if (!fault) {
    return null;
  }
  const said = fault.crashes ? "It does not answer: it crashes." : fault.qemu === null ? null : `It answers: ${fault.qemu}`;
  return section("fault", fault.crashes ? `QEMU ${release} crashes on this` : `QEMU ${release} cannot read this`,
    make("p", { class: "reason" }, fault.path ? `${fault.path}: ${fault.reason}` : fault.reason),
    fault.place && make("p", {}, marked(fault.place)),
    fault.hint && make("p", { class: "hint" }, `Hint: ${fault.hint}`),
    said && make("p", {}, said),
    read_by && make("p", {}, `Below is what QEMU ${read_by} reads in it, written for QEMU ${release}.`));
}

function others({ others }, actions) {
  if (!others.length) {
    return null;
  }
  return make("p", { class: "others" }, "To others this says something else. ",
    ...others.map(({ name, title }) => button(`Read it as ${title}`, `Read it as ${title}`, () => actions.readAs(name))));
}

function parts({ pieces, channels }) {
  if (!pieces.length && !channels.length) {
    return null;
  }
  if (!pieces.length) {
    return section("parts", "Parts", ...channels.flatMap(({ title, members }) => [make("h3", {}, title), definitions(members)]));
  }
  let hue = 0;
  const strip = pieces.map(({ text, name }) => name
    ? make("span", { class: `piece hue-${hue++ % 4}` }, make("code", {}, text), make("small", {}, name))
    : make("span", { class: "piece" }, make("code", {}, text)));
  const named = pieces.filter(({ name }) => name).map(({ name, text, meaning }) => ({ name, value: text, meaning }));
  // the strip is for the eye: all that it says is in the list
  return section("parts", "Parts", make("div", { class: "strip", "aria-hidden": "true" }, ...strip), definitions(named));
}

const VERDICTS = { takes: "reads it", refuses: "refuses it", crashes: "crashes", cannot: "cannot be told" };

function releases({ releases }) {
  if (!releases.length) {
    return null;
  }
  const head = make("tr", {}, ...["QEMU", "does", "says or reads"].map((name) => make("th", { scope: "col" }, name)));
  const rows = releases.map(({ span, verdict, said }) => make("tr", { class: verdict },
    make("th", { scope: "row" }, span), make("td", {}, VERDICTS[verdict]), make("td", {}, make("code", {}, said))));
  return section("releases", "What each release does", make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function surprises({ surprises }) {
  if (!surprises.length) {
    return null;
  }
  return section("surprises", "Surprises", make("p", {}, "What QEMU does without a word:"), make("ul", {},
    ...surprises.map(({ span, message, place }) =>
      make("li", {}, make("strong", {}, `QEMU ${span}: `), message, make("br"), marked(place)))));
}

function findings({ findings }, actions, docs) {
  if (!findings.length) {
    return null;
  }
  return section("findings", "Findings of the linter", make("ul", {}, ...findings.map((finding) => {
    const { code, name, severity, message, when, place, fix } = finding;
    const label = fix && `${fix.safe ? "Fix" : "Try"}: ${fix.description}`;
    const mend = fix && button(label, `${label} (${code})`, () => actions.replace(fix.text));
    return make("li", { class: severity }, make("strong", {}, `${severity} `), docs ? make("a", { href: `${docs}rules/${code}.html` }, `${code} ${name}`) : `${code} ${name}`,
      `${when ? `, ${when}` : ""}: ${message}`, make("br"), marked(place), mend);
  })));
}

function written({ title, text, shown, copyable, notes }, actions) {
  const copying = copyable
    ? button("Copy", `Copy ${title}`, () => actions.copy(text, title))
    : text === null ? null : make("em", {}, "no clipboard can hold its bytes");
  return make("div", { class: text === null ? "written none" : "written" }, make("dt", {}, title),
    make("dd", {}, text === null ? make("span", {}, shown) : make("code", {}, shown), copying,
      ...notes.map((note) => make("p", {}, note))));
}

function list(id, title, items, actions) {
  return items.length ? section(id, title, make("dl", {}, ...items.map((item) => written(item, actions)))) : null;
}

export function show(place, answer, actions, docs) {
  const column = (...sections) => make("div", { class: "column" }, ...sections);
  const shown = [
    fault(answer),
    others(answer, actions),
    column(parts(answer), releases(answer), surprises(answer), findings(answer, actions, docs)),
    column(
      list("commands", `QMP for QEMU ${answer.release}`, answer.commands, actions),
      list("spellings", "Other spellings", answer.spellings, actions),
    ),
  ];
  place.replaceChildren(...shown.filter((one) => one?.hasChildNodes()));
}
