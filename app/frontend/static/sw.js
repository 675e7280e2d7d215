// Keeps Encore's style, scripts and one page for when it cannot be reached. The line before these,
// which the server writes, says below which path Encore is, which version of the files it has, and
// what they are called. Nothing that a household says or sees is ever kept.
"use strict";

const OURS = `encore|${ENCORE.base}|`;
const CACHE = OURS + ENCORE.version;
const FILES = `${ENCORE.base}/static/`;
const OFFLINE = `${ENCORE.base}/offline`;
const ANY = { ignoreVary: true };

const keepOffline = async () => {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(OFFLINE, { cache: "reload" }));
};

const keepAll = async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(ENCORE.files.map((name) => `${FILES}${name}?v=${ENCORE.version}`));
  await keepOffline();
};

const forgetOlder = async () => {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
};

// Who reads in another language by now should read this page in it, too.
const followLanguage = async (answer) => {
  const spoken = answer.headers.get("content-language");
  const kept = await caches.match(OFFLINE, ANY);
  if (spoken && kept && kept.headers.get("content-language") !== spoken) await keepOffline();
};

const page = async (event) => {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(followLanguage(answer).catch(() => {}));
    return answer;
  } catch {
    return (await caches.match(OFFLINE, ANY)) ?? Response.error();
  }
};

// An address with this version means these bytes for ever; any other one is asked for first.
const file = async (request) => {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, ANY);
  if (kept) return kept;
  try {
    return await fetch(request);
  } catch {
    return (await cache.match(request, { ignoreVary: true, ignoreSearch: true })) ?? Response.error();
  }
};

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (pathname.startsWith(FILES)) event.respondWith(file(request));
});
