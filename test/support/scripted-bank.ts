import assert from 'node:assert/strict';
import type { BankTime } from '../../src/monzo/bank-clock.ts';
import { BankError, createTransport, type BankCall, type BankRequest } from '../../src/monzo/transport.ts';
import { createFakeClock } from '../../sim/fake-clock.ts';

/** Where the clock of a scripted bank stands at first. */
export const start = Date.parse('2026-01-01T00:00:00Z');
/** A plain read. */
export const get: BankRequest = { method: 'GET', path: '/accounts', token: 'secret-token', priority: 'poll' };

/** What the bank does at its n-th call, counted from one. */
export type Script = (url: string, init: RequestInit, call: number) => Response | Promise<Response>;

/** An answer with a JSON body. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
/** An error as the bank writes it. */
export const refused = (status: number, code: string, extra: object = {}) =>
  json(status, { code, message: 'm', ...extra });
/** A good answer. */
export const ok = () => json(200, { ok: true });
/** Answers nothing until it is cut off. */
export const never: Script = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** What stands between us and the bank answers with pages instead of data. */
export const html = (status: number) => new Response('<html>no</html>', { status });

/** A transport whose bank answers by script, on a manual clock. */
export const scripted = (script: Script) => {
  const clock = createFakeClock(start);
  const calls: BankCall[] = [];
  const times: BankTime[] = [];
  const seen: { url: string; init: RequestInit }[] = [];
  const transport = createTransport({
    clock,
    random: () => 0,
    apiUrl: 'https://bank.example/',
    onCall: (call) => calls.push(call),
    onTime: (time) => times.push(time),
    fetch: async (url, init) => {
      seen.push({ url, init });
      return script(url, init, seen.length);
    },
  });
  const fault = async (request: BankRequest = get): Promise<BankError> => {
    try {
      await transport.send(request);
    } catch (thrown) {
      assert.ok(thrown instanceof BankError, String(thrown));
      return thrown;
    }
    return assert.fail('it was answered');
  };
  return { clock, transport, calls, times, seen, fault };
};
