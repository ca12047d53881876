// Read a card, or the whole page, aloud: by somebody's recordings, or by the browser where it has a voice.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const items = [...document.querySelectorAll("[data-speak]")];
  const all = document.querySelector("[data-speak-all]");
  const player = new Audio();
  let turn = 0; // Goes up whenever something else is to be heard: what was under way stops.

  const voice = (code) => window.speechSynthesis
    && speechSynthesis.getVoices().find((each) => each.lang.toLowerCase().startsWith(code));
  // What an item says, part by part; only what can be heard.
  const partsOf = (item) => {
    const heard = JSON.parse(item.dataset.heard || "[]");
    const parts = heard.some((part) => part.sound) ? heard : [{ say: item.dataset.speak, lang: language }];
    return parts.filter((part) => part.sound || voice(part.lang));
  };

  const play = (part) => new Promise((resolve) => {
    if (part.sound) {
      player.onended = player.onerror = resolve;
      player.src = part.sound;
      player.play().catch(resolve);
      return;
    }
    const words = new SpeechSynthesisUtterance(part.say);
    words.voice = voice(part.lang);
    words.lang = words.voice.lang;
    words.rate = 0.85;
    words.onend = words.onerror = resolve;
    speechSynthesis.speak(words);
  });
  const hush = () => {
    turn += 1;
    player.pause();
    window.speechSynthesis?.cancel();
    document.querySelector(".speaking")?.classList.remove("speaking");
    all?.setAttribute("aria-pressed", "false");
  };
  const say = async (list) => {
    const own = turn;
    for (const item of list) {
      const shown = item.closest("article") || item;
      shown.classList.add("speaking");
      if (list.length > 1) shown.scrollIntoView({ block: "center" });
      for (const part of partsOf(item)) {
        await play(part);
        if (own !== turn) return;
      }
      shown.classList.remove("speaking");
    }
    hush();
  };

  const show = () => {
    const able = items.filter((item) => partsOf(item).length);
    for (const item of items) if (item.classList.contains("speak")) item.hidden = !able.includes(item);
    if (all) all.hidden = able.length < 2;
  };
  show();
  window.speechSynthesis?.addEventListener("voiceschanged", show);

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".speak, [data-speak-all]");
    if (!button) return;
    const stops = button === all && all.getAttribute("aria-pressed") === "true";
    hush();
    if (stops) return;
    if (button === all) all.setAttribute("aria-pressed", "true");
    say(button === all ? items.filter((item) => partsOf(item).length) : [button]);
  });
  window.addEventListener("pagehide", hush);
})();
