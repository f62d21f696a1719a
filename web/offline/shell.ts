import type { Shell } from './build.ts';
import type { CacheByAddress, Caches } from './caches.ts';

/** What the service worker does: it keeps the page's own files, so that the page opens while the bridge does not answer. */

export interface ShellOptions {
  readonly shell: Shell;
  /** The address of the page, which ends in a slash. */
  readonly scope: string;
  readonly caches: Caches;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
}

/** After this long without an answer, a page that is kept opens in its place. In milliseconds. */
const patience = 4_000;

export interface ShellKeeper {
  /** Keeps this build, all of it or nothing. Throws where a file is missing, or the page is that of another build. */
  install(): Promise<void>;
  /** Forgets all builds but this one and the one before, whose parts an open page may still load. */
  tidy(): Promise<void>;
  /** The answer to a request; null for what the worker leaves alone, such as everything that the bridge itself answers. */
  answer(request: Request): Promise<Response> | null;
}

export function createShellKeeper({ shell, scope, caches, fetch, wait }: ShellOptions): ShellKeeper {
  const family = shellsOf(scope);
  const own = `${family}${shell.version}`;
  const shells = async () => (await caches.keys()).filter((name) => name.startsWith(family));
  /** From the newest build that has it, which the browser may not have put in charge yet. */
  const newest = async (address: string): Promise<Response | undefined> => {
    for (const name of (await shells()).toReversed()) {
      const kept = await (await caches.open(name)).match(address);
      if (kept !== undefined) return kept;
    }
    return undefined;
  };
  const page = async (request: Request) => {
    const answer = fetch(request);
    const kept = await newest(scope);
    if (kept === undefined) return answer;
    const late = wait(patience).then(() => kept);
    return Promise.race([answer.then((given) => (isGone(given) ? kept : given)), late]).catch(() => kept);
  };
  /** A name stands for one content, whichever build it is of. */
  const file = async (request: Request) => (await newest(request.url)) ?? fetch(request);
  const askPage = async () => {
    const answer = await fetch(new Request(scope, { cache: 'reload' }));
    const text = await answer.clone().text();
    if (!text.includes(shell.entry)) throw new Error('The page is that of another build.');
    return answer;
  };
  return {
    async install() {
      const cache = await caches.open(own);
      try {
        const answer = await askPage();
        await Promise.all(
          shell.files.map(async (path) => {
            const url = new URL(path, scope).href;
            await put(cache, url, await fetch(new Request(url)));
          }),
        );
        // Last: where there is a page, all of its files are there.
        await put(cache, scope, answer);
      } catch (thrown) {
        await caches.delete(own);
        throw thrown;
      }
    },
    async tidy() {
      const others = (await shells()).filter((name) => name !== own);
      await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
    },
    answer(request) {
      if (request.method !== 'GET' || !request.url.startsWith(scope)) return null;
      const path = request.url.slice(scope.length).replace(/[?#].*$/, '');
      if (request.mode === 'navigate') return path === '' ? page(request) : null;
      return path.startsWith('assets/') ? file(request) : null;
    },
  };
}

function shellsOf(scope: string): string {
  return `monzo-bridge page ${new URL(scope).pathname} `;
}

/** What a proxy says while the bridge does not answer. The page has its own: the worker is one file, and shares none. */
function isGone({ status }: Response): boolean {
  return status >= 502 && status <= 504;
}

async function put(cache: CacheByAddress, url: string, answer: Response): Promise<void> {
  if (!answer.ok || answer.redirected) throw new Error(`${url} could not be read.`);
  await cache.put(url, answer);
}
