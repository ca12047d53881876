// Roll-call: every tap is written down on the phone first, then sent; nothing is lost without a network.
(() => {
  "use strict";
  const root = document.getElementById("today");
  const words = JSON.parse(root.dataset.words);
  const waiting = document.getElementById("waiting");
  const refused = document.getElementById("refused");
  const template = document.getElementById("roll-more");
  const model = document.getElementById("roll-line");
  const token = () => document.querySelector('meta[name="csrf-token"]').content;
  const RETRY_MS = 15000;
  const BATCH = 200;
  const CACHE = "semainier-today-1";
  let signedOut = false;

  // --- the queue on this phone -------------------------------------------------------------
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("semainier", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("taps", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const store = async (mode, act) => {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction("taps", mode, { durability: "strict" });
      const request = act(transaction.objectStore("taps"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
    });
  };
  const queued = async () => {
    const all = await store("readonly", (taps) => taps.getAll());
    return all.filter((tap) => tap.take === root.dataset.take).sort((a, b) => a.tapped_at - b.tapped_at);
  };

  // --- what the page shows -----------------------------------------------------------------
  const line = (tap) => {
    const list = document.querySelector(`.roll[data-uid="${CSS.escape(tap.session_uid)}"]`);
    if (!list) return null;
    const found = list.querySelector(`.roll-line[data-person="${tap.participant_id}"]`);
    return found || (tap.walk_in && tap.name ? addLine(list, tap) : null);
  };
  const show = (row, state, minutes, reason) => {
    row.dataset.state = state;
    row.dataset.minutes = minutes || 0;
    row.querySelectorAll(".state").forEach((b) => b.setAttribute("aria-pressed", String(b.value === state)));
    const partial = state === "late" || state === "left_early";
    const more = row.querySelector(".roll-more");
    const excused = state === "excused" && template.content.querySelector("[data-reason]");
    more.hidden = !(partial || excused);
    if (more.hidden) return;
    if (!more.firstChild) more.append(template.content.cloneNode(true));
    more.querySelector(".roll-minutes").hidden = !partial;
    more.querySelector(".roll-reasons").hidden = !excused;
    more.querySelector("output").textContent = words.minutes.replace("{n}", minutes || 0);
    more.querySelectorAll("[data-reason]").forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.reason) === reason)));
  };
  const addLine = (list, tap) => {
    const row = model.content.firstElementChild.cloneNode(true);
    row.dataset.person = tap.participant_id;
    row.querySelector(".roll-name span").textContent = tap.name;
    row.querySelector(".roll-states").setAttribute("aria-label", tap.name);
    row.querySelector('[name="session_uid"]').value = tap.session_uid;
    row.querySelector('[name="participant_id"]').value = tap.participant_id;
    list.querySelector(".roll-list").append(row);
    return row;
  };
  const status = async () => {
    const taps = await queued();
    document.querySelectorAll("[data-queued]").forEach((row) => { delete row.dataset.queued; });
    document.querySelectorAll(".roll").forEach((list) => list.toggleAttribute("data-early", list.dataset.opens > Date.now() / 1000));
    for (const tap of taps) {
      const row = line(tap);
      if (row) { row.dataset.queued = ""; show(row, tap.state, tap.minutes, tap.reason_id); }
    }
    const parts = [];
    if (!navigator.onLine) parts.push(words.offline);
    if (signedOut && taps.length) parts.push(words.signed_out);
    if (taps.length) parts.push(taps.length === 1 ? words.waiting_one : words.waiting.replace("{n}", taps.length));
    waiting.hidden = !parts.length;
    waiting.textContent = parts.join(" · ");
  };
  const complain = (tap, sentence) => {
    const known = [...refused.children].find((each) => each.dataset.sentence === sentence);
    if (known) {
      known.firstChild.data += `, ${tap.name}`;
      return;
    }
    const note = document.createElement("p");
    note.className = "alert alert-danger";
    note.dataset.sentence = sentence;
    note.append(tap.name, ` · ${sentence} `);
    const button = document.createElement("button");
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = words.dismiss;
    button.addEventListener("click", () => note.remove());
    note.append(button);
    refused.append(note);
  };

  // --- sending -----------------------------------------------------------------------------
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      for (;;) {
        const taps = (await queued()).slice(0, BATCH);
        if (!taps.length) break;
        const answer = await fetch(root.dataset.take, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
          body: JSON.stringify({ sent_at: Date.now(), taps }),
          redirect: "manual",
        });
        signedOut = answer.type === "opaqueredirect" || answer.status === 400 || answer.status === 403;
        if (!answer.ok) break;
        for (const result of await answer.json()) {
          const tap = taps.find((each) => each.key === result.key);
          await store("readwrite", (all) => all.delete(result.key));
          const row = line(tap);
          if (row && result.state) row.dataset.kept = result.state;
          if (result.outcome === "refused" || result.outcome === "superseded") {
            complain(tap, result.reason || words.superseded);
            if (row) show(row, row.dataset.kept || "unmarked", 0, null);
          }
        }
      }
    } catch {
      // No network: what waits stays where it is, and is tried again.
    } finally {
      sending = false;
      await status();
    }
  };

  // --- taps --------------------------------------------------------------------------------
  const key = () => crypto.randomUUID ? crypto.randomUUID() : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));
  // Kept in storage, so that the order of one phone's taps never hangs on how long sending took.
  const device = localStorage.getItem("semainier-device") || key();
  localStorage.setItem("semainier-device", device);
  let latest = 0;
  const note = (row, state, changes = {}) => {
    const list = row.closest(".roll");
    latest = Math.max(Date.now(), latest + 1);
    const record = {
      key: key(),
      device,
      take: root.dataset.take,
      session_uid: list.dataset.uid,
      participant_id: Number(row.dataset.person),
      name: row.querySelector(".roll-name span").textContent,
      state,
      minutes: 0,
      reason_id: null,
      walk_in: "walkIn" in row.dataset,
      tapped_at: latest,
      ...changes,
    };
    show(row, record.state, record.minutes, record.reason_id);
    return record;
  };
  // All of one tap at once: whatever is tapped next comes after it.
  const keep = async (records) => {
    try {
      await store("readwrite", (taps) => records.map((record) => taps.put(record)).at(-1));
    } catch {
      records.forEach((record) => complain(record, words.not_kept));
      return;
    }
    await status();
    send();
  };
  const tap = (row, state, changes) => keep([note(row, state, changes)]);
  const whole = (list) => Math.round((list.dataset.ends - list.dataset.starts) / 60);
  const guess = (list, state) => {
    const now = Date.now() / 1000;
    const missed = state === "late" ? now - list.dataset.starts : list.dataset.ends - now;
    const minutes = Math.round(missed / 300) * 5;
    return minutes > 0 && minutes < whole(list) ? minutes : 10;
  };

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest(".roll-line");
    if (!button || !row) return;
    const list = row.closest(".roll");
    if (button.dataset.step) {
      const minutes = Math.min(whole(list), Math.max(0, Number(row.dataset.minutes) + Number(button.dataset.step)));
      await tap(row, row.dataset.state, { minutes });
    } else if (button.dataset.reason) {
      await tap(row, "excused", { reason_id: Number(button.dataset.reason) });
    } else if (button.name === "state") {
      event.preventDefault();
      const state = button.value;
      const again = row.dataset.state === state && button.classList.contains("state");
      const minutes = state === "late" || state === "left_early" ? guess(list, state) : 0;
      const announced = (state === "excused" || state === "absent") && Number(row.dataset.announced) || null;
      await tap(row, again ? "unmarked" : state, { minutes: again ? 0 : minutes, reason_id: again ? null : announced });
    }
  });
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!event.target.matches(".roll-all")) return;
    const rows = event.target.closest(".roll").querySelectorAll('.roll-line[data-state="unmarked"]:not([data-announced])');
    if (rows.length) await keep([...rows].map((row) => note(row, "present")));
    event.target.parentElement.querySelector(".roll-full").focus();
  });

  // --- somebody else -----------------------------------------------------------------------
  const arrive = async (list, person, source) => {
    const known = list.querySelector(`.roll-line[data-person="${person.id}"]`);
    const row = known || addLine(list, { session_uid: list.dataset.uid, participant_id: person.id, name: person.name });
    await tap(row, "present", { source });
  };
  // Kept for a room without network: short names, and three letters to find them by.
  const PEOPLE_MS = 3600000;
  const keepPeople = async () => {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(root.dataset.people);
    if (kept && Date.now() - Number(localStorage.getItem("semainier-people-at")) < PEOPLE_MS) return;
    const answer = await fetch(root.dataset.people, {
      cache: "no-store",
      redirect: "manual",
      headers: kept ? { "If-None-Match": kept.headers.get("ETag") } : {},
    });
    if (answer.ok) await cache.put(root.dataset.people, answer);
    if (answer.ok || answer.status === 304) localStorage.setItem("semainier-people-at", Date.now());
  };
  const MOST_FOUND = 8;
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const remembered = async (typed) => {
    const kept = "caches" in window && await caches.match(root.dataset.people);
    if (!kept) return [];
    const start = fold(typed).slice(0, 3);
    const found = (await kept.json()).filter(([, , starts]) => starts.includes(start));
    return found.slice(0, MOST_FOUND).map(([id, name]) => ({ id, name }));
  };
  const search = async (typed) => {
    try {
      return await (await fetch(`${root.dataset.search}?q=${encodeURIComponent(typed)}`)).json();
    } catch {
      return remembered(typed);
    }
  };
  document.querySelectorAll(".roll-other").forEach((other) => {
    other.hidden = false;
    const field = other.querySelector("input");
    const found = other.querySelector(".roll-found");
    field.addEventListener("input", async () => {
      found.replaceChildren();
      const typed = field.value.trim();
      if (typed.length < 3) return;
      const people = await search(typed);
      if (field.value.trim() !== typed) return;
      for (const person of people) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-outline-secondary";
        button.textContent = person.name;
        button.addEventListener("click", async () => {
          await arrive(other.closest(".roll"), person, "roll_call");
          field.value = "";
          found.replaceChildren();
        });
        const item = document.createElement("li");
        item.append(button);
        found.append(item);
      }
      if (!people.length) {
        const item = document.createElement("li");
        item.textContent = words.nobody;
        found.append(item);
      }
    });
  });

  // --- a participant's card, where the browser reads codes ---------------------------------
  const SCAN_MS = 250;
  const identify = async (read) => {
    const answer = await fetch(root.dataset.card, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ read }),
    });
    return answer.json();
  };
  const scan = async (list, box) => {
    const video = box.querySelector("video");
    const note = box.querySelector("p");
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      note.textContent = words.no_camera;
      return;
    }
    note.textContent = words.aim;
    video.srcObject = stream;
    await video.play();
    let last = "";
    while (!box.hidden) {
      const [code] = await detector.detect(video).catch(() => []);
      if (code && code.rawValue !== last) {
        last = code.rawValue;
        try {
          const person = await identify(code.rawValue);
          if (person.id) await arrive(list, person, "card");
          note.textContent = person.id ? words.scanned.replace("{name}", person.name) : person.error;
        } catch {
          note.textContent = words.card_offline;
          last = "";
        }
      }
      await new Promise((resolve) => setTimeout(resolve, SCAN_MS));
    }
    stream.getTracks().forEach((track) => track.stop());
  };
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    document.querySelectorAll(".roll-other").forEach((other) => {
      const button = other.querySelector(".roll-scan");
      const box = other.querySelector(".roll-camera");
      button.hidden = false;
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => {
        box.hidden = !box.hidden;
        button.setAttribute("aria-expanded", String(!box.hidden));
        if (!box.hidden) scan(other.closest(".roll"), box);
      });
    });
  }

  // --- start -------------------------------------------------------------------------------
  document.querySelectorAll(".roll-line").forEach((row) => {
    row.dataset.kept = row.dataset.state;
    show(row, row.dataset.state, Number(row.dataset.minutes), Number(row.dataset.reasonId) || null);
  });
  window.addEventListener("online", send);
  window.addEventListener("offline", status);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(send, RETRY_MS);
  if ("serviceWorker" in navigator) {
    const first = !navigator.serviceWorker.controller;
    navigator.serviceWorker.register(root.dataset.worker);
    navigator.serviceWorker.ready.then(async () => {
      if (!first) return;
      // The first visit came before the worker: keep its page and files now, fonts included.
      if (document.readyState !== "complete") await new Promise((done) => window.addEventListener("load", done, { once: true }));
      await document.fonts.ready;
      const loaded = performance.getEntriesByType("resource").map((each) => new URL(each.name));
      const files = loaded.filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"));
      const cache = await caches.open(CACHE);
      await cache.addAll(new Set([location.href, ...files.map(String)])).catch(() => undefined);
    });
    keepPeople().catch(() => undefined);
  }
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  status().then(send);
})();
