// Keeps the roll-call page and its files for a room without network.
"use strict";
const CACHE = "semainier-today-1";
const scope = new URL(self.registration.scope).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const keep = async (request, response) => {
  if (response.ok && !response.redirected && response.type === "basic") {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
};

// Pages: the network first, what was kept when there is none.
const page = async (request) => {
  try {
    return await keep(request, await fetch(request));
  } catch (error) {
    const kept = (await caches.match(request)) || (await caches.match(scope, { ignoreSearch: true }));
    if (kept) return kept;
    throw error;
  }
};

// Files: their address changes with their content, so what was kept is good.
const file = async (request) => (await caches.match(request)) || keep(request, await fetch(request));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === scope) event.respondWith(page(event.request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
});
