import { test } from 'node:test';
import { liveEvents } from '../support/event-lives.ts';
import { sizeOf } from '../support/size.ts';

test('whatever happens in whatever order, each event is recorded once and reaches every sink in order', async () => {
  await liveEvents(sizeOf('lives of events', { short: 6, long: 400 }));
});
