import { isOfProxy } from '../api/proxy.ts';
import type { Kept } from './kept.ts';

export interface KeptFetchOptions {
  readonly fetch: (input: URL, init: RequestInit) => Promise<Response>;
  /** The address of the page. */
  readonly base: string;
  readonly kept: Kept;
  /** Asks whether the bridge answers nothing at all now: only then is something older shown, and the page says so. */
  readonly isAway: () => Promise<boolean>;
  /** Something that was heard then is shown again. */
  readonly onRecalled: (at: number) => void;
}

/** Fetches what the pages show; keeps it, and gives the last that was kept while the bridge does not answer. */
export function createKeptFetch({ fetch, base, kept, isAway, onRecalled }: KeptFetchOptions) {
  return async (input: URL, init: RequestInit): Promise<Response> => {
    if (init.method !== 'GET') return fetch(input, init);
    const name = input.href.slice(new URL('./', base).href.length);
    let failed: unknown = null;
    const given = await fetch(input, init).catch((thrown: unknown) => {
      failed = thrown;
      return null;
    });
    if (init.signal?.aborted === true) throw failed;
    if (given?.ok === true) {
      const text = await given.text();
      kept.keep(name, text);
      return new Response(text, given);
    }
    const isSilent = given === null || isOfProxy(given.status);
    const found = isSilent && (await isAway()) ? await kept.recall(name) : null;
    if (found !== null) {
      onRecalled(found.at);
      return new Response(found.text);
    }
    if (given === null) throw failed;
    return given;
  };
}
