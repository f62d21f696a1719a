import assert from 'node:assert/strict';
import type { IncomingAnswer, OutgoingRequest } from '../../src/monzo/bank-connection.ts';
import type { BankTime } from '../../src/monzo/bank-clock.ts';
import { BankError, createTransport, type BankCall, type BankRequest } from '../../src/monzo/transport.ts';
import { createFakeClock } from '../../sim/fake-clock.ts';

/** Where the clock of a scripted bank stands at first. */
export const start = Date.parse('2026-01-01T00:00:00Z');
/** A plain read. */
export const get: BankRequest = { method: 'GET', path: '/accounts', token: 'secret-token', priority: 'poll' };

/** What the bank does at its n-th call, counted from one. */
export type Script = (request: OutgoingRequest, call: number) => IncomingAnswer | Promise<IncomingAnswer>;

/** An answer with this body. */
export const answer = (status: number, body: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: [Buffer.from(body)],
});
/** An answer with a JSON body. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  answer(status, JSON.stringify(body), headers);
/** An error as the bank writes it. */
export const refused = (status: number, code: string, extra: object = {}) =>
  json(status, { code, message: 'm', ...extra });
/** A good answer. */
export const ok = () => json(200, { ok: true });
/** Answers nothing until it is cut off. */
export const never: Script = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** What stands between us and the bank answers with pages instead of data. */
export const html = (status: number) => answer(status, '<html>no</html>');

/** What the bank's client throws instead of an answer. */
export async function failureOf(answered: Promise<unknown>): Promise<BankError> {
  try {
    await answered;
  } catch (thrown) {
    assert.ok(thrown instanceof BankError, String(thrown));
    return thrown;
  }
  return assert.fail('it was answered');
}

/** A transport whose bank answers by script, on a manual clock; no request gets to it where it is not reached. */
export const scripted = (script: Script, { isReached = true } = {}) => {
  const clock = createFakeClock(start);
  const calls: BankCall[] = [];
  const times: BankTime[] = [];
  const seen: OutgoingRequest[] = [];
  const transport = createTransport({
    clock,
    random: () => 0,
    apiUrl: 'https://bank.example/',
    onCall: (call) => calls.push(call),
    onTime: (time) => times.push(time),
    callBank: async (request) => {
      seen.push(request);
      if (isReached) request.onLeaving();
      return script(request, seen.length);
    },
  });
  const fault = (request: BankRequest = get) => failureOf(transport.send(request));
  return { clock, transport, calls, times, seen, fault };
};
