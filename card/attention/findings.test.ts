import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleHass, type SampleDevice } from '../../test/support/sample-hass.ts';
import { readHousehold } from '../household.ts';
import { findingsOf } from './findings.ts';

async function found(devices: readonly SampleDevice[], settings: Parameters<typeof findingsOf>[1] = {}) {
  const hass = sampleHass(devices);
  const findings = findingsOf(await readHousehold(hass), settings, hass);
  return findings.map(({ part, sentence }) => `${part.name}: ${sentence}`);
}

const bridge = (states: SampleDevice['states'] = {}): SampleDevice => ({
  kind: 'bridge',
  id: 'bridge',
  states: { connectivity: 'on', paused: 'off', undelivered: '0', ...states },
});
const login = (states: SampleDevice['states'] = {}): SampleDevice => ({
  kind: 'login',
  id: 'Alex',
  states: { problem: 'off', approval_lapses: 'off', ...states },
});
const account = (id: string, states: NonNullable<SampleDevice['states']>): SampleDevice => ({
  kind: 'account',
  id,
  states,
});
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

describe('what needs attention', () => {
  it('is nothing where all is well, or not known yet', async () => {
    assert.deepEqual(await found([bridge(), login()]), []);
    assert.deepEqual(
      await found([bridge({ connectivity: 'unknown' }), login({ problem: 'unavailable' })]),
      [],
    );
  });

  it('is a bridge that is gone, and of that bridge nothing else', async () => {
    const [sentence, ...more] = await found([bridge({ connectivity: 'off', paused: 'on' })]);
    assert.match(sentence ?? '', /^bridge: The bridge is not running/);
    assert.deepEqual(more, []);
    assert.match((await found([bridge({ connectivity: 'unavailable' })])).join(), /lost the MQTT broker/);
  });

  it('is a pause, and events that wait for long', async () => {
    const undelivered = { state: '2', last_changed: ago(60) };
    const [first, second] = await found([bridge({ paused: 'on', undelivered })]);
    assert.match(first ?? '', /Money moves are paused/);
    assert.match(second ?? '', /more than 15 minutes/);
    const underway = bridge({ undelivered: { state: '2', last_changed: ago(5) } });
    assert.deepEqual(await found([underway]), [], 'they are on their way');
  });

  it('is what the bridge says of a login, before everything that can wait', async () => {
    const needs = 'Approve access in the Monzo app.';
    const problem = { state: 'on', attributes: { needs } };
    const sentences = await found([bridge({ paused: 'on' }), login({ problem, approval_lapses: 'on' })]);
    assert.equal(sentences[0], `Alex: ${needs}`);
    assert.equal(sentences.length, 2, 'a broken login does not lapse as well');
    assert.match((await found([login({ problem: 'on' })])).join(), /does not work/);
  });

  it('is an approval that ends, with its day', async () => {
    const lapses_about = '2027-03-03T23:30:00Z';
    const approval_lapses = { state: 'on', attributes: { lapses_about } };
    assert.match((await found([login({ approval_lapses })])).join(), /on about 3 March 2027\. Sign in again/);
    assert.match((await found([login({ approval_lapses: 'on' })])).join(), /ends soon/);
  });

  it('is a low balance of an account that is shown, without the amount where amounts are hidden', async () => {
    const low = { low_balance: 'on', balance: '12' };
    const devices = [account('one', low), account('two', low), account('three', { balance: '3' })];
    assert.deepEqual(await found(devices, { accounts: ['two'] }), ['two: The balance is low: £12.']);
    assert.equal((await found(devices, {})).length, 2);
    assert.deepEqual(await found(devices, { accounts: ['one'], hide_amounts: true }), [
      'one: The balance is low.',
    ]);
    const unavailable = account('one', { low_balance: 'on', balance: 'unavailable' });
    assert.deepEqual(await found([unavailable]), ['one: The balance is low.']);
  });
});
