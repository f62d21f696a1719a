import { test } from 'node:test';
import { liveMoney } from '../support/money-lives.ts';
import { sizeOf } from '../support/size.ts';

test('whatever happens, money moves at most once for each request, inside the rails, and nobody is lied to', async () => {
  await liveMoney(sizeOf('lives of money', { short: 12, long: 200 }));
});
