import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createAttempts, networkOf } from './attempts.ts';

test('an IPv4 address stands for itself, an IPv6 one for its /64, however they are written', () => {
  const networks: readonly (readonly [string | undefined, string])[] = [
    ['192.168.1.9', '192.168.1.9'],
    ['::ffff:192.168.1.9', '192.168.1.9'],
    ['::FFFF:192.168.1.9', '192.168.1.9'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, ''],
  ];
  for (const [address, network] of networks) assert.equal(networkOf(address), network);
});

test(
  'of guesses from very many networks a few wait, and all others are refused at once',
  { timeout: 60_000 },
  async () => {
    const clock = createFakeClock(0);
    const attempts = createAttempts(clock);
    const reply = { header: () => reply, raw: { once: () => {} } };
    const fail = (host: number) => {
      const ip = `2001:db8:${Math.floor(host / 65_536).toString(16)}:${(host % 65_536).toString(16)}::1`;
      return attempts.failed('token', { ip } as never, reply as never).catch(() => 'refused');
    };
    for (let host = 0; host < 60; host += 1) assert.equal(await fail(host), undefined);
    const held = Array.from({ length: 32 }, (_, host) => fail(100 + host));
    for (let host = 1_000; host < 21_000; host += 1) assert.equal(await fail(host), 'refused');
    await clock.advance(5_000);
    assert.deepEqual(new Set(await Promise.all(held)), new Set([undefined]));
  },
);
