import type { Clock } from '../../clock.ts';
import { away, silent } from './failure.ts';

export interface RestOptions {
  /** Home Assistant's address, with or without a path, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
}

export interface RestCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below Home Assistant's address, such as `/api/config`. */
  readonly path: string;
  readonly body?: unknown;
}

export interface RestAnswer {
  readonly status: number;
  /** Null where the answer was not JSON. */
  readonly content: unknown;
}

/** Throws the retryable `home_assistant_away` and `home_assistant_silent`; any status is an answer. */
export type Rest = (call: RestCall) => Promise<RestAnswer>;

const answerPatience = 15_000;

/** Home Assistant's REST API, for the few things that its websocket does not offer. */
export function createRest({ url, token, clock }: RestOptions): Rest {
  return async ({ method, path, body }) => {
    const over = new AbortController();
    const done = new AbortController();
    clock.wait(answerPatience, done.signal).then(
      () => over.abort(silent()),
      () => {},
    );
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'error',
        signal: over.signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, content: contentOf(await response.text()) };
    } catch {
      throw over.signal.aborted ? silent() : away();
    } finally {
      done.abort(away());
    }
  };
}

function contentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
