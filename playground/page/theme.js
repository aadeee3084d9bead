// Before anything is painted: the theme that the reader chose, here or on a page of the docs.
"use strict";
{
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme") ?? "auto";
  } catch {
    // without storage there is no choice to remember
  }
  document.documentElement.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";
}
