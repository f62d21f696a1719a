import { test } from 'node:test';
import { assertAllReached } from '../support/bank-ways.ts';
import { liveMoney } from '../support/money-lives.ts';
import { sizeOf } from '../support/size.ts';

test('lives of money, at a bank that behaves in every way there is', async () => {
  assertAllReached(await liveMoney(sizeOf('lives of money', { short: 300, long: 3_000 }), true));
});
