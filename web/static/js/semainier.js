// Small helps on top of pages that work without them.
(() => {
  "use strict";

  const token = () => document.querySelector('meta[name="csrf-token"]').content;

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });

  // Show error answers where the result would have been.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // Acts that destroy something ask once, in words that name what happens to whom.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // A filter form sends itself when a choice changes.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form) form.requestSubmit();
  });

  // On a phone the filters of a list start folded away, unless one is in use.
  if (window.matchMedia("(max-width: 47.99rem)").matches) {
    for (const details of document.querySelectorAll('details[data-closed-when-narrow="yes"]')) details.open = false;
  }

  // Where tabs do not fit, the one of this page is in view, as wide as its letters turn out to be.
  document.fonts.ready.then(() => {
    for (const tab of document.querySelectorAll(".area-tabs [aria-current]")) {
      const row = tab.parentElement;
      row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
    }
  });

  // Suggestions under the search box close with Escape and when something else is chosen.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest(".site-search")) {
      document.getElementById("suggestions").replaceChildren();
      document.getElementById("cherche").focus();
    }
  });
  document.addEventListener("focusin", (event) => {
    const box = document.getElementById("suggestions");
    if (box && !event.target.closest(".site-search")) box.replaceChildren();
  });
  document.addEventListener("click", (event) => {
    const box = document.getElementById("suggestions");
    if (box && !event.target.closest(".site-search")) box.replaceChildren();
  });

  // Nobody is signed in: names kept for a room without network go; marks that wait to be sent stay.
  if (document.querySelector("form[data-forget]") && "caches" in window) caches.delete("semainier-today-1");

  // While the focus is in a list of cards, J goes to the next one and K to the one before.
  document.addEventListener("keydown", (event) => {
    const step = { j: 1, k: -1 }[event.key];
    const card = event.target.closest("[data-cards] > *");
    if (!step || !card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    (step > 0 ? card.nextElementSibling : card.previousElementSibling)?.focus();
  });

  // "/" goes to the search field of the page.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = document.querySelector('input[type="search"]');
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });
})();
