// What scrolls sideways has to be reached by the keyboard; what does not is no stop on the way.
"use strict";

const wide = "pre, .table-wrapper, .wide";

function mark() {
  for (const element of document.querySelectorAll(wide)) {
    if (element.scrollWidth > element.clientWidth) {
      element.tabIndex = 0;
    } else {
      element.removeAttribute("tabindex");
    }
  }
}

mark();
window.addEventListener("resize", mark);
window.addEventListener("load", mark);
