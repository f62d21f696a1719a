import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultTable, knownStates, type Cell, type KnownState } from '../../src/logins/fault-table.ts';
import { carriedOut, inState, provoke, type Wanted } from './login-faults.ts';
import { loginOf, stateOf } from './people.ts';
import { createWorld } from './world.ts';

/** After these a login may say what it said before. */
const repeats: ReadonlySet<string> = new Set(['breaker_open', 'no_tokens']);

/** One test for each fault that comes about in this way, in each state of a login in which it can. */
export function walkEveryFault(way: Wanted['during']): void {
  describe(`every fault in every state of a login, ${way}`, () => {
    for (const { fault, during, cells } of faultTable.filter((row) => row.during === way))
      for (const state of knownStates) {
        const cell = cells[state];
        if (cell) it(`${during}: ${fault} while ${state}`, () => walk(state, { fault, during }, cell));
      }
  });
}

/** Brings the fault about, reads what the person is told, does what helps, and expects a login that works. */
async function walk(state: KnownState, wanted: Wanted, cell: Cell): Promise<void> {
  await using world = await createWorld();
  const id = await inState[state](world);
  assert.equal(stateOf(world, id), state);
  const before = loginOf(world, id);
  await provoke(world, id, wanted);
  const { needs, ...login } = loginOf(world, id);
  const told = withoutNextTry(needs);
  const isNoNews = wanted.fault === 'no_tokens' && cell.state === state;
  const said = isNoNews ? withoutNextTry(before.needs) : cell.needs({ ...before, other: 'Sam' });
  assert.equal(login.state, cell.state);
  if (wanted.fault === 'breaker_open') assert.match(told ?? '', /^(Monzo (has|asked)|Alex: open)/);
  // A login that goes on being read says soon what is true of that.
  else if (told !== said && wanted.during === 'sign_in' && state !== 'needs_authorisation')
    assert.ok(world.logLines.some((line) => line.includes(JSON.stringify(said))));
  else assert.equal(told, said);
  if (!repeats.has(wanted.fault) && told === said) assert.equal(login.remedy, cell.remedy);
  await carriedOut[cell.remedy](world, id);
  await world.until('the login works', () => {
    const { state: now, needs } = loginOf(world, id);
    return now === 'active' && needs === null;
  });
}

/** What goes on by itself is told beside it; `test/app/logins-incident.test.ts` reads that. */
const withoutNextTry = (needs: string | null) =>
  needs?.replace(/ The bridge also tries again by itself.*$/, '') ?? null;
