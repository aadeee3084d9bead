// Python, beside the page: a request comes in as JSON, the answer goes out as JSON.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = (path) => new URL(path, self.location.href).href;

async function get(path) {
  const response = await fetch(here(path));
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${response.statusText}`);
  }
  return response;
}

async function start() {
  const shipped = await (await get("shipped.json")).json();
  const archives = shipped.archives.map(async (path) => (await get(path)).arrayBuffer());
  const pyodide = await loadPyodide({
    indexURL: here("pyodide/"),
    packageBaseUrl: here("pyodide/"),
    lockFileContents: { info: shipped.info, packages: {} }, // nothing is installed from anywhere
  });
  const extractDir = pyodide.runPython("import site; site.getsitepackages()[0]");
  for (const archive of await Promise.all(archives)) {
    pyodide.unpackArchive(archive, "zip", { extractDir });
  }
  const python = pyodide.pyimport("playground.answer");
  python.warm_up();
  return { about: python.about_json(), respond: python.respond };
}

const started = start();
started.then(
  ({ about }) => postMessage({ about }),
  (error) => postMessage({ failed: String(error) }),
);

addEventListener("message", async ({ data }) => {
  const { respond } = await started;
  try {
    postMessage({ answer: respond(data) });
  } catch (error) {
    postMessage({ broken: String(error) });
  }
});
