// Record a voice, or take a sound file, and make of either the WAV that telephones play.
(() => {
  "use strict";
  const RATE = 8000;
  const LONGEST_S = 120;
  const PEAK = 0.9;

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

  // One channel, 8 kHz, as loud as it goes without being cut.
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
    return wavOf(loudest > 0 ? samples.map((value) => (value * PEAK) / loudest) : samples);
  };

  const setUp = (form) => {
    const part = (name) => form.querySelector(`[data-${name}]`);
    const file = form.querySelector('input[type="file"]');
    const [record, stop, clock, heard, trouble] = ["record", "stop", "clock", "heard", "trouble"].map(part);

    const take = async (blob) => {
      trouble.hidden = true;
      try {
        const wav = await convert(blob);
        const files = new DataTransfer();
        files.items.add(new File([wav], "voix.wav", { type: "audio/wav" }));
        file.files = files.files;
        if (heard.src) URL.revokeObjectURL(heard.src);
        heard.src = URL.createObjectURL(wav);
        heard.hidden = false;
      } catch {
        file.value = "";
        heard.hidden = true;
        trouble.hidden = false;
      }
    };
    file.addEventListener("change", () => { if (file.files.length) take(file.files[0]); });

    if (!navigator.mediaDevices || !("MediaRecorder" in window)) return false;
    part("microphone").hidden = false;
    record.addEventListener("click", async () => {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      } catch {
        document.getElementById("no-microphone").hidden = false;
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
      const show = (running) => { record.hidden = running; stop.hidden = !running; clock.hidden = !running; };
      recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
      recorder.addEventListener("stop", () => {
        clearInterval(tick);
        stream.getTracks().forEach((track) => track.stop());
        show(false);
        record.focus();
        take(new Blob(pieces, { type: recorder.mimeType }));
      });
      stop.onclick = () => { if (recorder.state === "recording") recorder.stop(); };
      clock.textContent = "0:00";
      show(true);
      stop.focus();
      recorder.start();
    });
    return true;
  };

  const able = [...document.querySelectorAll("form[data-voice]")].map(setUp);
  if (able.includes(false)) document.getElementById("no-microphone").hidden = false;
})();
