import { test } from 'node:test';
import { crashAtEachPoint } from '../support/crash-points.ts';

test('wherever the bridge crashes, once at each point, no event is lost, doubled or out of order', () =>
  crashAtEachPoint(1));
