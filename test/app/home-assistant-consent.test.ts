import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { actionForms } from '../../src/outputs/home-assistant/actions/action-forms.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { inSteps, until as untilThere } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const path = '/api/home-assistant/actions';
const shown = z.object({
  connection: z.string(),
  setting: z.string(),
  decision: z.string(),
  sentence: z.string().nullable(),
  actions: z.array(z.object({ name: z.string(), state: z.string() })),
  yaml: z.string(),
});

async function startWith(fake: FakeHomeAssistant, setting?: string): Promise<World> {
  const world = await createWorld({
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
      ...(setting === undefined ? {} : { MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS: setting }),
    },
  });
  await until(world, 'it was looked', async () => {
    const { actions } = await show(world);
    return actions.length > 0 && actions.every(({ state }) => state !== 'unknown');
  });
  return world;
}

const until = (world: World, what: string, condition: () => Promise<boolean>): Promise<void> =>
  untilThere(what, condition, { between: inSteps(world.clock, 200) });

const show = async (world: World) => shown.parse(await (await world.api(path)).json());
const put = (world: World, body: object) =>
  world.api(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Answers while the clock moves: Home Assistant takes its time to load scripts. */
async function decide(world: World, body: object) {
  let answer: Response | null = null;
  const asked = put(world, body).then((response) => (answer = response));
  await until(world, 'it is answered', async () => answer !== null);
  return shown.parse(await (await asked).json());
}

test('a person is asked, agrees, and can decline later; a restart keeps both', async () => {
  await using fake = await startFakeHomeAssistant();
  await using world = await startWith(fake);
  const { file, calls } = fake.world.scripts;
  const before = await show(world);
  assert.deepEqual([before.connection, before.setting, before.decision], ['ok', 'ask', 'not_asked']);
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('GET')),
    [],
    'nothing is written unasked',
  );
  const agreed = await decide(world, { decision: 'agree' });
  assert.equal(agreed.decision, 'agreed');
  assert.ok(agreed.actions.every(({ state }) => state === 'current'));
  for (const { name } of agreed.actions) assert.ok(file.has(name.slice('script.'.length)));
  await world.restart();
  file.clear();
  await until(world, 'they are created again', async () => file.size === agreed.actions.length);
  assert.equal((await show(world)).decision, 'agreed');
  const declined = await decide(world, { decision: 'decline' });
  assert.equal(declined.decision, 'declined');
  assert.equal(file.size, 0);
});

test('a person who declines can paste scripts that do the same, and the bridge never removes those', async () => {
  await using fake = await startFakeHomeAssistant();
  await using world = await startWith(fake);
  const { yaml, actions } = await decide(world, { decision: 'decline' });
  const pasted = parse(yaml, { version: '1.1' }) as Record<string, { variables?: unknown }>;
  assert.deepEqual(
    Object.keys(pasted).map((slug) => `script.${slug}`),
    actions.map(({ name }) => name),
  );
  for (const [slug, script] of Object.entries(pasted)) {
    assert.equal(script.variables, undefined);
    fake.world.scripts.file.set(slug, script);
  }
  await decide(world, { decision: 'decline' });
  assert.equal(fake.world.scripts.file.size, actions.length, 'they are never taken away');
});

test('the settings on and off take the decision, and the page says so', async () => {
  await using fake = await startFakeHomeAssistant();
  await using on = await startWith(fake, 'on');
  await until(on, 'they are there', async () =>
    (await show(on)).actions.every(({ state }) => state === 'current'),
  );
  const refused = await put(on, { decision: 'decline' });
  assert.equal(refused.status, 409);
  const problem = (await refused.json()) as { code: string; detail: string };
  assert.equal(problem.code, 'decided_by_setting');
  assert.match(problem.detail, /MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS is on/);
  assert.equal((await decide(on, { decision: 'agree', replace: true })).sentence, null);
});

test('without Home Assistant there is nothing to decide; a wrong decision is refused', async () => {
  await using world = await createWorld();
  assert.deepEqual(await show(world), {
    connection: 'none',
    setting: 'ask',
    decision: 'not_asked',
    sentence: null,
    actions: [],
    yaml: '',
  });
  const refused = await put(world, { decision: 'agree' });
  assert.equal(refused.status, 409);
  assert.equal(((await refused.json()) as { code: string }).code, 'no_home_assistant');
  for (const body of [{ decision: 'maybe' }, {}, { decision: 'agree', force: true }])
    assert.equal((await put(world, body)).status, 400);
  assert.equal((await fetch(`${world.app().uiUrl}${path}`)).status, 401);
});

test('every field of an action is a member of its command’s body', async () => {
  await using fake = await startFakeHomeAssistant();
  await using world = await startWith(fake);
  const offered = new Set((await show(world)).actions.map(({ name }) => name));
  for (const { command, fields } of actionForms.filter(({ command }) =>
    offered.has(`script.monzo_${command}`),
  )) {
    const refusal = await world.api(`/api/commands/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(Object.keys(fields).map((name) => [name, { odd: true }]))),
    });
    // Without fields there is nothing to refuse.
    const { detail = '' } = (await refusal.json()) as { detail?: string };
    assert.doesNotMatch(detail, /Unrecognized/i, command);
  }
});
