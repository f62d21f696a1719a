import { lookup } from 'node:dns/promises';

/** How the bridge reaches its own public address, as a caller from outside would. */
export interface Outside {
  readonly fetch: typeof globalThis.fetch;
  /** The IP addresses of a host name. Rejects where it is not known. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

export const systemOutside: Outside = {
  fetch: globalThis.fetch,
  lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};
