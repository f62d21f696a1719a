import type { Shell } from './build.ts';
import { createShellKeeper } from './shell.ts';

/** Written in front of this file by the build. */
declare const shellOfBuild: Shell;
/** What a service worker has, and a page has not. */
declare const registration: { readonly scope: string };
declare const clients: { claim(): Promise<void> };
declare const skipWaiting: () => Promise<void>;

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Asked extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const keeper = createShellKeeper({
  shell: shellOfBuild,
  scope: registration.scope,
  caches,
  fetch: (request) => fetch(request),
  wait: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    }),
});

addEventListener('install', (event) => {
  // Takes over at once: what an open page of the build before still loads is kept as well.
  if (isExtendable(event)) event.waitUntil(keeper.install().then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  if (isExtendable(event)) event.waitUntil(keeper.tidy().then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  if (!isAsked(event)) return;
  const answer = keeper.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});

function isExtendable(event: Event): event is Extendable {
  return 'waitUntil' in event;
}

function isAsked(event: Event): event is Asked {
  return 'respondWith' in event;
}
