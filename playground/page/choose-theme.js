// The button that changes the theme: automatic, light, dark. The docs' pages use the same setting.
const THEMES = { auto: "automatic", light: "light", dark: "dark" };

export function applyTheme(button) {
  const root = document.documentElement;
  const name = () => (button.textContent = `Theme: ${THEMES[root.dataset.theme]}`);
  button.addEventListener("click", () => {
    const order = Object.keys(THEMES);
    root.dataset.theme = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // it holds for this visit
    }
    name();
  });
  name();
}
