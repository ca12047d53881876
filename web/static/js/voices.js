// Record a voice, or take a sound file, and make of either the WAV that telephones play.
(() => {
  "use strict";
  const RATE = 8000;
  const LONGEST_S = 120;
  const PEAK = 0.9;
  const HEARD = 0.06; // Part of the loudest sample below which there is silence.
  const FAINT = 0.01; // A recording whose loudest sample is less than this holds no voice.
  const MARGIN_S = 0.08; // Left around the words: pieces are played one after the other.
  const SHORTEST_S = 0.3;

  const wavOf = (samples) => {
    const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
    const word = (at, text) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
    word(0, "RIFF");
    view.setUint32(4, 36 + samples.length * 2, true);
    word(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 1, true); // one channel
    view.setUint32(24, RATE, true);
    view.setUint32(28, RATE * 2, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    word(36, "data");
    view.setUint32(40, samples.length * 2, true);
    samples.forEach((value, n) => view.setInt16(44 + n * 2, Math.max(-1, Math.min(1, value)) * 32767, true));
    return new Blob([view], { type: "audio/wav" });
  };

  // Without the silence before and after the words.
  const trimmed = (samples, loudest) => {
    const heard = (value) => Math.abs(value) > loudest * HEARD;
    const margin = Math.round(MARGIN_S * RATE);
    const first = Math.max(0, samples.findIndex(heard) - margin);
    const last = Math.min(samples.length, samples.findLastIndex(heard) + margin);
    return samples.slice(first, Math.max(last, Math.min(samples.length, first + SHORTEST_S * RATE)));
  };

  // One channel, 8 kHz, as loud as it goes without being cut; nothing where no voice is heard.
  const convert = async (blob) => {
    const decoder = new OfflineAudioContext(1, 1, RATE);
    const decoded = await decoder.decodeAudioData(await blob.arrayBuffer());
    const seconds = Math.min(decoded.duration, LONGEST_S);
    const context = new OfflineAudioContext(1, Math.max(1, Math.floor(seconds * RATE)), RATE);
    const source = context.createBufferSource();
    source.buffer = decoded;
    source.connect(context.destination);
    source.start();
    const samples = (await context.startRendering()).getChannelData(0);
    const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (loudest < FAINT) return null;
    return wavOf(trimmed(samples, loudest).map((value) => (value * PEAK) / loudest));
  };

  // Asked for once a page: some browsers ask the reader every time.
  let microphone = null;
  const listen = async () => {
    if (!microphone || microphone.getTracks().some((track) => track.readyState !== "live")) {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    }
    return microphone;
  };
  const TROUBLES = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "absent", NotReadableError: "busy" };

  const setUp = (form) => {
    const desk = form.parentElement;
    const part = (name) => form.querySelector(`[data-${name}]`);
    const file = form.querySelector('input[type="file"]');
    const [record, stop, clock, heard, after, again] = ["record", "stop", "clock", "heard", "after", "again"].map(part);
    const tell = (trouble) => {
      for (const each of desk.querySelectorAll("[data-trouble]")) each.hidden = each.dataset.trouble !== trouble;
    };

    const take = async (blob) => {
      tell("");
      let wav = null;
      try {
        wav = await convert(blob);
        if (!wav) tell("silent");
      } catch {
        tell("unreadable");
      }
      heard.hidden = after.hidden = !wav;
      if (record) record.hidden = Boolean(wav);
      if (!wav) {
        file.value = "";
        return;
      }
      const files = new DataTransfer();
      files.items.add(new File([wav], "voix.wav", { type: "audio/wav" }));
      file.files = files.files;
      if (heard.src) URL.revokeObjectURL(heard.src);
      heard.src = URL.createObjectURL(wav);
      heard.play().catch(() => {});
      after.querySelector("[type=submit]").focus();
    };
    file.addEventListener("change", () => { if (file.files.length) take(file.files[0]); });
    // A name that is missing must be seen to be filled in.
    form.addEventListener("invalid", () => { form.querySelector("details").open = true; }, true);

    if (!navigator.mediaDevices || !("MediaRecorder" in window)) {
      tell("insecure");
      form.querySelector("details").open = true;
      return;
    }
    part("microphone").hidden = false;
    const begin = async () => {
      heard.pause();
      heard.hidden = after.hidden = true;
      tell("");
      let stream;
      try {
        stream = await listen();
      } catch (error) {
        record.hidden = false;
        tell(TROUBLES[error.name] || "busy");
        return;
      }
      const recorder = new MediaRecorder(stream);
      const pieces = [];
      const began = Date.now();
      const tick = setInterval(() => {
        const seconds = Math.floor((Date.now() - began) / 1000);
        clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
        if (seconds >= LONGEST_S && recorder.state === "recording") recorder.stop();
      }, 250);
      const show = (running) => { record.hidden = running; stop.hidden = !running; };
      recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
      recorder.addEventListener("stop", () => {
        clearInterval(tick);
        show(false);
        take(new Blob(pieces, { type: recorder.mimeType }));
      });
      stop.onclick = () => { if (recorder.state === "recording") recorder.stop(); };
      clock.textContent = "0:00";
      show(true);
      stop.focus();
      recorder.start();
    };
    record.addEventListener("click", begin);
    again.addEventListener("click", begin);
  };

  // What a call says now, one recording after the other.
  const playAll = (list) => {
    const player = new Audio();
    const sounds = [...list.querySelectorAll("[data-sound]")];
    const next = () => {
      list.querySelector(".playing")?.classList.remove("playing");
      const each = sounds.shift();
      if (!each) return;
      each.classList.add("playing");
      player.src = each.dataset.sound;
      player.play().catch(() => each.classList.remove("playing"));
    };
    player.addEventListener("ended", next);
    next();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-play-all]");
    if (button) playAll(button.closest("section").querySelector("ol"));
  });

  const start = (root) => root.querySelectorAll("form[data-voice]").forEach(setUp);
  start(document);
  // The desk was put in the place of the last one: on to the next piece.
  document.addEventListener("htmx:afterSwap", () => {
    const desk = document.getElementById("voices");
    start(desk);
    desk.scrollIntoView();
    desk.querySelector("[data-record]")?.focus({ preventScroll: true });
  });
  window.addEventListener("pagehide", () => microphone?.getTracks().forEach((track) => track.stop()));
})();
