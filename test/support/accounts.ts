import assert from 'node:assert/strict';
import { events } from './scenario.ts';
import type { World } from './world.ts';

/** The health of what is read of each account. */
export const accounts = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'accounts') ?? assert.fail('no accounts');
export const shown = (world: World, id: string) =>
  world
    .app()
    .view()
    .accounts.find((account) => account.id === id) ?? assert.fail(`no account ${id}`);
export const potOf = (world: World, id: string) =>
  world
    .app()
    .view()
    .pots.find((one) => one.id === id) ?? assert.fail(`no pot ${id}`);
/** How often the bank was asked for a part of an account. */
export const callsOf = (world: World, path: string, accountId: string) =>
  world.bank.calls.filter((call) => call.path === path && call.query.includes(accountId)).length;
/** The ids of the transactions that were announced, in order. */
export const createdIn = async (world: World) =>
  (await events(world))
    .filter(({ type }) => type === 'transaction.created')
    .map(({ transaction_id }) => transaction_id);
