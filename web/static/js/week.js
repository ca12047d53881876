// Small helps of the week's pages; everything works without them.
(() => {
  "use strict";

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    }
    // What went wrong is read first.
    const refusal = document.getElementById("refus");
    if (refusal) refusal.focus();
  });
})();
