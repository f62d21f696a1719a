import { alex, joint, sam } from '../../../sim/household.ts';

/** Bodies that nobody at the bank wrote, made by chance. */
export interface Forger {
  /** One more body for a hook of this account. */
  body(accountId: string): string | Buffer;
}

const strange = [null, 0, -1, 1e308, true, '', 'text', [], {}, [[]], { id: 1 }, { account_id: {} }] as const;
const accounts = [alex.current, joint.account, sam.current, 'acc_0000Stranger', '', '__proto__'] as const;
const words = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'data',
  'id',
  'account_id',
  'type',
] as const;
const kibibyte = 1_024;

/** `replay` is what the bank itself once posted. */
export function createForger(random: () => number, replay: readonly string[]): Forger {
  const whole = (below: number) => Math.floor(random() * below);
  const one = <T>(of: readonly T[]): T => of[whole(of.length)] as T;
  const named = (id: unknown, accountId: unknown) =>
    JSON.stringify({ type: 'transaction.created', data: { id, account_id: accountId, amount: -whole(1e6) } });
  const bytes = () => Buffer.from(Array.from({ length: whole(300) }, () => whole(256)));
  const nested = () => {
    const depth = 1_000 + whole(60_000);
    return random() < 0.5 ? '['.repeat(depth) + ']'.repeat(depth) : '{"data":'.repeat(depth);
  };
  const polluted = (accountId: string) => {
    const inner = `{"id":"tx_0000Polluted${whole(1e6)}","account_id":"${accountId}"}`;
    return one([
      `{"__proto__":{"data":${inner}}}`,
      `{"data":{"__proto__":${inner}}}`,
      `{"constructor":{"prototype":{"data":${inner}}}}`,
      `{"data":${inner},"__proto__":{"polluted":true}}`,
    ]);
  };
  const odd = () =>
    JSON.stringify(Object.fromEntries(Array.from({ length: whole(6) }, () => [one(words), one(strange)])));
  const kinds: readonly ((accountId: string) => string | Buffer)[] = [
    bytes,
    odd,
    polluted,
    (accountId) => named(`tx_0000Forged${whole(1e9)}`, accountId),
    (accountId) => named(one(words), accountId),
    (accountId) => named(one(strange), one([accountId, ...strange])),
    () => named(`tx_0000Forged${whole(1e9)}`, one(accounts)),
    (accountId) => named(`../../oauth2/logout?${whole(1e6)}`, accountId),
    (accountId) => named('x'.repeat(whole(2_000)), accountId),
    (accountId) => named(`tx_${'\uD800'.repeat(whole(5))}\u0000`, accountId),
    () => one(replay),
    () => one(replay).slice(0, whole(600)),
    () => '',
  ];
  const costly: readonly (() => string | Buffer)[] = [
    nested,
    () => Buffer.alloc((200 + whole(200)) * kibibyte, whole(256)),
    () => JSON.stringify({ data: { id: 'tx_1', padding: 'p'.repeat((100 + whole(200)) * kibibyte) } }),
  ];
  return {
    body: (accountId) => (random() < 0.005 ? one(costly)() : one(kinds)(accountId)),
  };
}
