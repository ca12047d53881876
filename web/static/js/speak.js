// Read a card aloud where the browser has a voice for its language.
(() => {
  "use strict";
  if (!("speechSynthesis" in window)) return;
  const language = document.documentElement.lang;
  const buttons = document.querySelectorAll("[data-speak]");
  const voice = () => speechSynthesis.getVoices().find((v) => v.lang.toLowerCase().startsWith(language));
  const show = () => buttons.forEach((button) => { button.hidden = !voice(); });
  show();
  speechSynthesis.addEventListener("voiceschanged", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-speak]");
    if (!button) return;
    speechSynthesis.cancel();
    const words = new SpeechSynthesisUtterance(button.dataset.speak);
    words.voice = voice();
    words.lang = words.voice.lang;
    words.rate = 0.85;
    speechSynthesis.speak(words);
  });
})();
