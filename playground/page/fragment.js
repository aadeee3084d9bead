// What is typed, in the fragment of the page's address: whoever is given the link sees the same.
// A fragment is not sent to any server.

let due = 0;

export function readFragment() {
  const said = new URLSearchParams(location.hash.slice(1));
  return { text: said.get("text") ?? "", from: said.get("from") ?? "", release: said.get("release") ?? "" };
}

// Browsers allow few changes a second: while somebody types, wait for a rest.
export function writeFragment({ text, from, release }, delay) {
  clearTimeout(due);
  const said = new URLSearchParams();
  if (text) {
    said.set("text", text);
    if (from) {
      said.set("from", from);
    }
    said.set("release", release);
  }
  const write = () => history.replaceState(null, "", said.size ? `#${said}` : location.pathname + location.search);
  if (delay) {
    due = setTimeout(write, delay);
  } else {
    write();
  }
}
