import { createPrivateApp, type PrivateOptions } from '../../src/http/private.ts';
import type { Services } from '../../src/http/services.ts';
import { createSignInCodes, type SignInCodes } from '../../src/http/page-sessions.ts';
import type { SessionRows } from '../../src/store/session-rows.ts';
import { silentLog } from '../../src/log.ts';
import { createFakeClock, seededRandom, type FakeClock } from '../../sim/fake-clock.ts';

export const adminToken = 'the-admin-token-of-tests';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface Asked {
  readonly method?: Method;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Whom the connection comes from. */
  readonly from?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The `code` of a problem document. */
  readonly code: string | undefined;
}

/** What the listeners use of a program that is not there, but for what is given. */
export function servicesWith(given: Readonly<Record<string, unknown>> = {}): Services {
  const sessions: SessionRows = { of: () => [], add: () => {}, touch: () => {}, remove: () => {} };
  const nothing = { bank: {}, money: {}, store: { sessions }, homeAssistant: {}, health: () => [] };
  const about = { version: '0.0.0', fingerprintOf: (secret: string) => secret };
  return { about, commands: new Map(), ...nothing, ...given } as unknown as Services;
}

/** The private listener without a program behind it, asked in memory from any address. */
export interface Listener extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly codes: SignInCodes;
  ask(path: string, asked?: Asked): Promise<Answered>;
}

export const own = { host: 'bridge:8099', origin: 'http://bridge:8099' };

/** The settings that the private listener reads. */
export const privateConfig: PrivateOptions['config'] = {
  UI_HOST: '127.0.0.1',
  UI_HOSTS: [],
  PUBLIC_URL: null,
  PUBLIC_PORT: 8098,
  TIME_ZONE: 'Europe/London',
};

export async function createListener(options: Partial<PrivateOptions> = {}): Promise<Listener> {
  const clock = createFakeClock(Date.parse('2026-11-02T09:00:00Z'));
  const random = seededRandom(3);
  const randomBytes = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  const codes = createSignInCodes({ clock, randomBytes });
  const registry = { all: () => [], views: () => [] };
  const app = await createPrivateApp({
    services: servicesWith({ bank: { registry } }),
    config: privateConfig,
    log: silentLog,
    adminToken,
    clock,
    randomBytes,
    codes,
    webDirectory: '/nowhere',
    ...options,
  });
  return {
    clock,
    codes,
    ask: async (path, { method = 'GET', headers = {}, body, from = '127.0.0.1' } = {}) => {
      const payload = body === undefined ? {} : { payload: body };
      const answer = await app.inject({ url: path, method, headers, remoteAddress: from, ...payload });
      const isProblem = answer.headers['content-type'] === 'application/problem+json';
      const code = isProblem ? answer.json<{ code: string }>().code : undefined;
      return { status: answer.statusCode, headers: answer.headers, body: answer.body, code };
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** The cookie that an answer set, as a browser sends it back; throws where none was set. */
export function cookieIn({ headers }: Answered): string {
  const cookie = headers['set-cookie'];
  const match = typeof cookie === 'string' ? /^[^;]+/.exec(cookie) : null;
  if (match === null) throw new Error('no cookie was set');
  return match[0];
}

/** Signs in from our own page, and gives the cookie. */
export async function signIn(listener: Listener, headers: Readonly<Record<string, string>> = {}) {
  const code = listener.codes.create();
  const answer = await listener.ask('/api/session', {
    method: 'POST',
    headers: { ...own, ...headers },
    body: { code },
  });
  return cookieIn(answer);
}
