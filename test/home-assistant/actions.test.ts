import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { actionForms } from '../../src/outputs/home-assistant/actions/action-forms.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { addAutomation, said } from './automations.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(17) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-actions-'));
const ownScript = 'good_morning:\n  alias: Good morning\n  sequence:\n    - delay: 1\n';
let rig: Rig;
let app: App;

before(async () => {
  rig = await startRig();
  writeFileSync(scriptsFile(), ownScript);
  app = await start();
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  await until('the devices are there', async () =>
    Boolean(await rig.client.mqttDevice(`monzo_${alex.pots.holiday}`)),
  );
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('no script is written into Home Assistant before a person agrees', async () => {
  await until('they were looked for', async () =>
    (await status()).actions.every(({ state }) => state === 'missing'),
  );
  assert.equal(readFileSync(scriptsFile(), 'utf8'), ownScript);
  assert.equal(health(), 'ok');
});

test('once a person agrees, the actions exist with forms and answers, and the person’s own script is kept', async () => {
  const agreed = await decide('agree');
  assert.equal(agreed.sentence, null);
  assert.deepEqual(
    agreed.actions.map(({ state }) => state),
    agreed.actions.map(() => 'current'),
  );
  const { script = {} } = await rig.client.actions();
  assert.ok(script['good_morning']);
  for (const action of actionForms.filter(({ command }) =>
    agreed.actions.some(({ name }) => name === `script.monzo_${command}`),
  )) {
    const offered = script[`monzo_${action.command}`];
    assert.equal(offered?.name, action.alias);
    assert.deepEqual(offered?.response, { optional: true });
    const fields = offered?.fields as Record<string, { selector: object; required: boolean }>;
    assert.deepEqual(
      Object.keys(fields).toSorted(),
      [...Object.keys(action.fields), 'on_failure'].toSorted(),
    );
    for (const [name, field] of Object.entries(action.fields)) {
      assert.equal(fields[name]?.required, field.required ?? false, name);
      assert.deepEqual(Object.keys(fields[name]?.selector ?? {}), Object.keys(field.selector), name);
    }
  }
  const picker = script['monzo_feed_item']?.fields['account'] as {
    selector: { device: { filter: unknown } };
  };
  const [filter] = z.array(z.record(z.string(), z.string())).parse(picker.selector.device.filter);
  const devices = (await rig.client.devices()).filter((device) =>
    Object.entries(filter ?? {}).every(([key, value]) => key === 'integration' || device[key] === value),
  );
  assert.deepEqual(
    devices.map(({ identifiers }) => identifiers[0]?.[1]).toSorted(),
    app
      .view()
      .accounts.map(({ id }) => `monzo_${id}`)
      .toSorted(),
  );
});

test('an automation calls an action and uses its answer', async () => {
  const automation = await addAutomation(rig.client, 'reads', {
    actions: [
      { action: 'script.monzo_refresh', data: {}, response_variable: 'answer' },
      said('reads', '{{ answer.status }} {{ answer.logins | count }}'),
    ],
  });
  assert.deepEqual(await automation.run(), { error: null });
  assert.deepEqual(automation.said, ['done 1']);
  await automation.remove();
});

test('an account may be named by its device, by one of its entities, or by its name', async () => {
  const device = await rig.client.mqttDevice(`monzo_${alex.current}`);
  assert.ok(device);
  for (const account of [
    device.id,
    'sensor.monzo_alex_current_account_balance',
    'current account',
    alex.current,
  ]) {
    const { webhooks } = webhooksSchema.parse(await callScript('unregister_webhook', { account }));
    assert.deepEqual(
      webhooks.map((webhook) => webhook.account),
      [alex.current],
    );
  }
});

test('a refused request is an answer where the caller wants one, and nobody sees the select that fails it', async () => {
  const data = { account: 'Savings of £100', on_failure: 'answer' };
  const automation = await addAutomation(rig.client, 'answered', {
    actions: [
      { action: 'script.monzo_register_webhook', data, response_variable: 'answer' },
      said('answered', '{{ answer.status }} {{ answer.code }} {{ answer.message }}'),
    ],
  });
  assert.deepEqual(await automation.run(), { error: null });
  assert.match(String(automation.said), /^refused unknown_account There is no such account\. There are: /);
  await automation.remove();
  const select = await rig.client.mqttEntity('monzo_bridge_action_failure');
  const { entity_id: id, hidden_by: hiddenBy, entity_category: category } = select ?? assert.fail();
  assert.deepEqual([id, hiddenBy, category], [refuser, 'integration', 'diagnostic']);
});

test('typed texts and numbers arrive unchanged', async () => {
  const bodies: Readonly<Record<string, unknown>>[] = [];
  const stop = await rig.client.onEvent('monzo_bridge_request', ({ data }) =>
    bodies.push(requestSchema.parse(data).body),
  );
  const typed = ['007', '1e2', 'None', '[1, 2]', "it's {{ 1 + 1 }} \\ \n", '12.50', '£€ żółć 🏦'];
  for (const notes of typed)
    await callScript('annotate', { transaction_id: 'tx_none', notes }).catch(() => {});
  const numbers = [0.29, 100, 1e21];
  const move = { pot: 'none', transfer_type: 'deposit' };
  for (const amount of numbers) await callScript('pot_transfer', { ...move, amount }).catch(() => {});
  assert.deepEqual(
    bodies.map(({ notes, amount }) => notes ?? amount),
    [...typed, ...numbers],
  );
  await stop();
});

test('a template that gives a number, a list or a truth is a text where a text is asked for', async () => {
  const bodies: Readonly<Record<string, unknown>>[] = [];
  const stop = await rig.client.onEvent('monzo_bridge_request', ({ data }) =>
    bodies.push(requestSchema.parse(data).body),
  );
  const given = ['2026', '-0.5', '12345678901234567890', "[1, 'x']", '{1: 2}', 'True', 'Tea'];
  const automation = await addAutomation(rig.client, 'texts', {
    actions: given.map((title) => ({
      action: 'script.monzo_feed_item',
      data: { account: 'nowhere', title: `{{ "${title}" }}`, on_failure: 'answer' },
    })),
  });
  assert.deepEqual(await automation.run(), { error: null });
  assert.deepEqual(
    bodies.map(({ title }) => title),
    given,
  );
  await automation.remove();
  await stop();
});

test('fifty calls at once each get their own answer', async () => {
  const accounts = app.view().accounts.map(({ id }) => id);
  assert.ok(accounts.length > 1);
  const asked = Array.from({ length: 50 }, (_, index) => accounts[index % accounts.length]);
  const answers = await Promise.all(asked.map((account) => callScript('unregister_webhook', { account })));
  assert.deepEqual(
    answers.map((answer) => webhooksSchema.parse(answer).webhooks.map(({ account }) => account)),
    asked.map((account) => [account]),
  );
  const unknown = asked.map((_, index) => callScript('register_webhook', { account: `Account ${index}` }));
  for (const outcome of await Promise.allSettled(unknown))
    assert.match(outcome.status === 'rejected' ? String(outcome.reason) : 'answered', /monzo-bridge: /);
});

test('a refusal fails the caller while the select is unavailable, and in a Home Assistant started without MQTT; the actions work', async () => {
  await rig.mosquitto.stop();
  await until('it is unavailable', async () => (await rig.client.state(refuser))?.state === 'unavailable');
  await refusalFails(false);
  await rig.mosquitto.start();
  const [mqtt] = await rig.client.configEntries('mqtt');
  const entry = { type: 'config_entries/disable', entry_id: mqtt?.entry_id };
  await rig.client.command({ ...entry, disabled_by: 'user' }, z.unknown());
  await rig.restartHomeAssistant('stop', false);
  assert.equal(await rig.client.state(refuser), undefined);
  await until('the bridge is back', async () => (await status()).connection === 'ok');
  await refusalFails(false);
  await rig.untilBorn(() => rig.client.command({ ...entry, disabled_by: null }, z.unknown()));
  await until('the select is back', async () => (await rig.client.state(refuser))?.state === 'ok');
  doneSchema.parse(await callScript('refresh'));
});

interface Refuser {
  /** Resolves with what undoes it. */
  readonly prepare: () => Promise<() => Promise<unknown>>;
  /** Whether `continue_on_error` has an effect. */
  readonly continues: boolean;
}

/** What may become of the select. */
const refusers: Readonly<Record<string, Refuser>> = {
  'there, hidden': { prepare: async () => async () => {}, continues: true },
  renamed: {
    prepare: async () => {
      await changeSelect({ new_entity_id: 'select.mine' });
      return () => changeSelect({ new_entity_id: refuser }, 'select.mine');
    },
    continues: false,
  },
  disabled: {
    prepare: async () => {
      await changeSelect({ disabled_by: 'user' });
      // Home Assistant takes half a minute to enable it; the restart that follows is quicker.
      return () => updateSelect({ disabled_by: null });
    },
    continues: false,
  },
};

for (const [what, { prepare, continues }] of Object.entries(refusers))
  test(`with the select ${what}, a refusal fails the caller, and ${continues ? 'can' : 'cannot'} be continued`, async () => {
    const undo = await prepare();
    try {
      await refusalFails(continues);
    } finally {
      await undo();
    }
  });

test('a script that was edited in Home Assistant is kept, and replaced when a person says so', async () => {
  const path = '/api/config/script/config/monzo_annotate';
  const found = await rig.client.rest({ path }, z.record(z.string(), z.unknown()));
  await rig.client.rest({ method: 'POST', path, body: { ...found, alias: 'My own words' } }, z.unknown());
  const stateOf = (shown: Status) =>
    shown.actions.find(({ name }) => name === 'script.monzo_annotate')?.state;
  assert.equal(stateOf(await decide('agree')), 'edited');
  assert.equal(stateOf(await decide('agree', true)), 'current');
  const back = await rig.client.rest({ path }, z.record(z.string(), z.unknown()));
  assert.notEqual(back['alias'], 'My own words');
});

test('declining removes the actions; scripts pasted by hand work and are never touched', async () => {
  const declined = await decide('decline');
  await until('they are gone', async () => {
    const { script = {} } = await rig.client.actions();
    return Object.keys(script).every((name) => !name.startsWith('monzo_'));
  });
  assert.match(readFileSync(scriptsFile(), 'utf8'), /^good_morning:/);
  const pasted = `${ownScript}# a comment\n${declined.yaml}`;
  writeFileSync(scriptsFile(), pasted);
  await rig.client.call({ domain: 'script', service: 'reload' });
  await until('they are loaded', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_refresh']),
  );
  doneSchema.parse(await callScript('refresh'));
  await decide('decline');
  assert.equal(readFileSync(scriptsFile(), 'utf8'), pasted);
});

test('the health says what to do when Home Assistant does not load scripts.yaml', async () => {
  writeFileSync(scriptsFile(), '');
  const file = join(rig.homeAssistant.configDirectory, 'configuration.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('script: !include scripts.yaml\n', 'script:\n'));
  await rig.client.call({ domain: 'script', service: 'reload' });
  await decide('agree');
  assert.equal(health(), 'degraded');
  assert.match((await status()).sentence ?? '', /Add “script: !include scripts.yaml” to configuration.yaml/);
  writeFileSync(file, text);
  await rig.client.call({ domain: 'script', service: 'reload' });
  await decide('agree');
  await until('it is well', () => health() === 'ok');
});

test('Home Assistant’s log has no warning about the scripts themselves', async () => {
  const problems = await rig.homeAssistant.problems(['monzo']);
  // What the refused calls said is in the log, as it shall be; and Home Assistant itself was restarted.
  const expected =
    /monzo-bridge: |Error while executing automation|connection was lost|Failed to connect to MQTT|paho\.mqtt/;
  assert.deepEqual(
    problems.filter(({ logger, message }) => !expected.test(`${logger} ${message}`)),
    [],
  );
});

const refuser = 'select.monzo_bridge_action_failure';

function updateSelect(change: Readonly<Record<string, unknown>>, entityId = refuser): Promise<unknown> {
  const update = { type: 'config/entity_registry/update', entity_id: entityId, ...change };
  return rig.client.command(update, z.unknown());
}

/** Changes the select's entry in Home Assistant's registry, and waits until it has taken effect. */
async function changeSelect(change: Readonly<Record<string, unknown>>, entityId = refuser): Promise<void> {
  await updateSelect(change, entityId);
  const { new_entity_id: moved = entityId, disabled_by: disabledBy = null } = change;
  await until('it has changed', async () => {
    const ids = (await rig.client.states()).map(({ entity_id: id }) => id);
    return ids.includes(String(moved)) === (disabledBy === null);
  });
}

/** A refused call stops an automation with the reason; one that continues on errors goes on only where it `continues`. */
async function refusalFails(continues: boolean): Promise<void> {
  const refused = { action: 'script.monzo_refresh', data: { login: 'nobody' }, response_variable: 'answer' };
  for (const continuing of [false, true]) {
    const automation = await addAutomation(rig.client, 'refused', {
      actions: [{ ...refused, continue_on_error: continuing }, said('refused', '{{ answer is defined }}')],
    });
    const { error } = await automation.run();
    await automation.remove();
    if (continuing && continues) assert.deepEqual([error, automation.said], [null, [false]]);
    else {
      assert.match(error ?? '', /monzo-bridge: There is no login nobody/);
      assert.deepEqual(automation.said, []);
    }
  }
}

const webhooksSchema = z.object({ webhooks: z.array(z.object({ account: z.string() })) });
/** The event by which a script asks the bridge; a field that is left out is null in it. */
const requestSchema = z.object({ body: z.record(z.string(), z.unknown()) });
const doneSchema = z.object({ status: z.literal('done') });
const statusSchema = z.object({
  connection: z.string(),
  sentence: z.string().nullable(),
  actions: z.array(z.object({ name: z.string(), state: z.string() })),
  yaml: z.string(),
});
type Status = z.output<typeof statusSchema>;

async function ask(init: RequestInit = {}): Promise<Status> {
  const answer = await askApi(app, '/api/home-assistant/actions', init);
  return statusSchema.parse(await answer.json());
}

function status(): Promise<Status> {
  return ask();
}

function decide(decision: 'agree' | 'decline', replace = false): Promise<Status> {
  return ask({ ...post({ decision, replace }), method: 'PUT' });
}

function health(): string | undefined {
  return app.health().find(({ part }) => part === 'home_assistant')?.state;
}

/** What the action answers. */
async function callScript(command: string, data: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const call = { domain: 'script', service: `monzo_${command}`, data, answer: true };
  return (await rig.client.call(call)).response;
}

function scriptsFile(): string {
  return join(rig.homeAssistant.configDirectory, 'scripts.yaml');
}

function start(): Promise<App> {
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: {
      MONZO_BRIDGE_MQTT_URL: rig.mqttUrl,
      MONZO_BRIDGE_HOME_ASSISTANT_URL: rig.homeAssistant.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: rig.homeAssistant.token,
    },
  });
}
