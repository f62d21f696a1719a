import { test } from 'node:test';
import { assertAllReached } from '../support/bank-ways.ts';
import { liveEvents } from '../support/event-lives.ts';
import { sizeOf } from '../support/size.ts';

test('lives of events, at a bank that behaves in every way there is', async () => {
  assertAllReached(await liveEvents(sizeOf('lives of events', { short: 300, long: 3_000 }), true));
});
