import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createReleaseCheck } from '../../src/app/release-check.ts';
import { createFakeClock, type FakeClock } from '../../sim/fake-clock.ts';
import { days, hours, minutes } from '../../sim/wire-time.ts';
import { createMemory } from '../support/memory.ts';
import { someLog } from '../support/some-log.ts';
