import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { supervisorTokens } from '../../sim/supervisor.ts';
import { flapping } from '../../src/limits.ts';
import { startTestBroker } from '../support/broker.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { buy, install, isConnected, passwords, type HowInstalled } from '../support/installed.ts';
import { startApp } from '../support/start-app.ts';
import { runOnTerminal, settingsBeside } from './cli-run.ts';
import { until } from '../support/until.ts';
import { asAppOf, startSupervisorOf } from '../support/supervised.ts';
import type { World } from '../support/world.ts';

const panel = 'homeassistant://app/a0b1c2d3_monzo_bridge';
const liveSchema = z.object({
  health: z.object({ parts: z.array(z.object({ part: z.string(), state: z.string() })) }),
});

/** A part as pages that are open show it. */
async function shownOnPage(world: World, part: string): Promise<{ readonly state: string }> {
  const stream = await world.api('/api/live');
  let text = '';
  for await (const piece of stream.body ?? []) {
    text += new TextDecoder().decode(piece);
    if (text.includes('\n\n')) break;
  }
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? '{}';
  return (
    liveSchema.parse(JSON.parse(data)).health.parts.find((one) => one.part === part) ?? { state: 'none' }
  );
}

describe('a Home Assistant app without a broker', () => {
  it('says to install one, and does everything else meanwhile', async (t) => {
    const app = await install(t, {
      prepare: ({ home }) => {
        home.world.components = ['webhook', 'persistent_notification'];
      },
    });
    const { world, home, health } = app;
    await world.connect('alex');
    await world.until('Home Assistant is connected', () => health('home_assistant')?.state === 'ok');
    assert.equal(health('mqtt')?.state, 'needs_user');
    assert.match(
      health('mqtt')?.sentence ?? '',
      /Install the Mosquitto broker app.*https:\/\/my\.home-assistant/,
    );
    assert.equal(health('supervisor')?.state, 'ok');
    // As with `docker exec`, which has the environment of the app.
    const env = {
      ...asAppOf(app.supervisor).settings,
      ...settingsBeside(world),
    };
    const { out } = await runOnTerminal(['doctor'], { env });
    assert.match(out, /^ok +supervisor: /m);
    assert.match(out, /needs_user broker: .*Install the Mosquitto broker app/);
    await buy(app, 'Blue Door Coffee');
    await world.until('the event bus hears of the purchase', () => home.of('fire_event').length > 0);
  });

  it('says which to enter where Home Assistant uses another one', async (t) => {
    const app = await install(t);
    const isSaid = () => /none of its apps.*mqtt_url, mqtt_username/.test(app.health('mqtt')?.sentence ?? '');
    await app.world.until('it is said', isSaid, 61_000);
  });

  it('finds one within a minute, and sends it what happens from then on', async (t) => {
    const app = await install(t);
    const { world, broker, offer } = app;
    await world.connect('alex');
    await buy(app, 'Blue Door Coffee');
    await world.clock.advance(300_000);
    offer(passwords.first);
    await world.until('it is connected', isConnected(app), 61_000);
    assert.equal((await shownOnPage(world, 'mqtt')).state, 'ok');
    const account = `homeassistant/device/monzo_${alex.current}/config`;
    await world.until('the devices are there', () => broker.retained(account) !== undefined);
    const events = () => broker.payloads(`monzo/${alex.current}/event`).join();
    await buy(app, 'Green Door Books');
    await world.until('the next purchase is sent', () => events().includes('Green Door Books'));
    assert.doesNotMatch(events(), /Blue Door Coffee/);
    // Once there has been a broker, events are kept for it.
    await broker.stop();
    await world.restart();
    await buy(app, 'Red Door Bakery');
    await broker.start();
    await world.until('it is sent late', () => events().includes('Red Door Bakery'));
  });
});

describe('the broker that the Supervisor offers', () => {
  const offered: HowInstalled = { prepare: ({ offer }) => offer(passwords.first) };

  it('is used at once, and “Visit” leads to the panel of the app', async (t) => {
    const app = await install(t, offered);
    const { world, broker } = app;
    await world.connect('alex');
    await world.until('it is connected', isConnected(app));
    const documents = () => broker.retainedTopics().filter((topic) => topic.endsWith('/config'));
    await world.until('the devices are there', () => documents().length > 2);
    const visits = documents().map(
      (topic) =>
        (JSON.parse(broker.retained(topic) ?? '') as { device: { configuration_url?: string } }).device
          .configuration_url,
    );
    assert.deepEqual([...new Set(visits)], [panel]);
  });

  it('is reached over TLS where the Supervisor says so', async (t) => {
    const app = await install(t, {
      prepare: ({ offer, supervisor }) => {
        offer(passwords.first);
        const { mqtt } = supervisor.world;
        supervisor.world.mqtt = mqtt && { ...mqtt, ssl: true };
      },
    });
    const isTried = () => /at mqtts:.* does not speak TLS/.test(app.health('mqtt')?.sentence ?? '');
    await app.world.until('TLS is tried', isTried);
  });

  it('may be another one after a while', async (t) => {
    const other = await startTestBroker();
    t.after(() => other.stop());
    const app = await install(t, offered);
    await app.world.until('it is connected', isConnected(app));
    const { mqtt } = app.supervisor.world;
    app.supervisor.world.mqtt = mqtt && { ...mqtt, port: Number(new URL(other.url).port) };
    await app.broker.stop();
    await app.world.until('the other is used', () => other.retained('monzo/bridge/state') !== undefined);
    // It is asked for MQTT 5 first, whatever the first one spoke.
    assert.deepEqual(other.versions.slice(0, 2), [5, 4]);
  });

  it('may have got another password: the bridge asks again and goes on', async (t) => {
    const app = await install(t, offered);
    const { world, broker, offer, health, supervisor } = app;
    await world.until('it is connected', isConnected(app));
    broker.demand(passwords.second);
    broker.cut();
    await world.until('it is refused', () =>
      /refuses the user and password/.test(health('mqtt')?.sentence ?? ''),
    );
    assert.equal(health('mqtt')?.state, 'down');
    assert.doesNotMatch(health('mqtt')?.sentence ?? '', /MONZO_BRIDGE_/);
    offer(passwords.second);
    await world.until('it is connected again', isConnected(app), 31_000);
    assert.ok(supervisor.calls.filter((call) => call === 'GET /services/mqtt 200').length > 2);
  });

  for (const what of ['is away', 'is starting'] as const)
    it(`is reached again while the Supervisor itself ${what}`, async (t) => {
      const app = await install(t, offered);
      const { world, broker, supervisor, home, health } = app;
      await world.until('it is connected', isConnected(app));
      await world.until('Home Assistant is connected', () => health('home_assistant')?.state === 'ok');
      if (what === 'is away') await supervisor.stop();
      supervisor.world.isReady = false;
      broker.cut();
      home.cut();
      const isBehind = () =>
        /The Supervisor of Home Assistant does not answer/.test(health('home_assistant')?.sentence ?? '');
      await world.until('Home Assistant is missed', isBehind);
      await world.until('the Supervisor is missed', () => health('supervisor')?.state === 'down');
      assert.match(health('supervisor')?.sentence ?? '', /does not answer \((ECONNREFUSED|it is starting)\)/);
      await world.until('the broker is back', isConnected(app), 31_000);
      await supervisor.start();
    });
});

describe('the Supervisor', () => {
  it('that is away at the start is waited for', async (t) => {
    const app = await install(t, {
      prepare: async ({ supervisor, offer }) => {
        offer(passwords.first);
        await supervisor.stop();
      },
    });
    const { world, supervisor, health } = app;
    await world.until('it is missed', () => health('supervisor')?.state === 'down');
    assert.match(
      health('supervisor')?.sentence ?? '',
      /does not answer \(ECONNREFUSED\); it may be restarting/,
    );
    assert.match(health('mqtt')?.sentence ?? '', /Supervisor of Home Assistant does not answer/);
    await supervisor.start();
    await world.until('all is well', isConnected(app), 61_000);
    assert.equal(health('supervisor')?.state, 'ok');
  });
});

describe('the options of the app', () => {
  it('leave an address of the page that somebody set as it is', async (t) => {
    const settings = { MONZO_BRIDGE_UI_URL: 'https://bank.example.org' };
    const app = await install(t, { settings, prepare: ({ offer }) => offer(passwords.first) });
    const document = () => app.broker.retained('homeassistant/device/monzo_bridge/config') ?? '';
    await app.world.until('the bridge is announced', () => document() !== '');
    assert.match(document(), /"configuration_url":"https:\/\/bank\.example\.org\/"/);
  });

  it('win over what the Supervisor offers', async (t) => {
    const other = await startTestBroker();
    t.after(() => other.stop());
    other.demand(passwords.second);
    const options = { mqtt_url: other.url, mqtt_username: 'bridge', mqtt_password: passwords.second };
    const app = await install(t, { options, prepare: ({ offer }) => offer(passwords.first) });
    await app.world.until('it is connected', isConnected(app));
    assert.notEqual(other.retained('monzo/bridge/state'), undefined);
    assert.deepEqual(app.broker.versions, []);
    other.demand(passwords.first);
    other.cut();
    await app.world.until('it is refused', () => app.health('mqtt')?.state === 'needs_user');
    assert.match(
      app.health('mqtt')?.sentence ?? '',
      /check both in the options mqtt_username and mqtt_password/,
    );
  });
});

describe('Home Assistant behind the Supervisor', () => {
  it('may restart: that is said, and is no trouble', async (t) => {
    const app = await install(t, { prepare: ({ offer }) => offer(passwords.first) });
    const { world, home, health } = app;
    const isHere = () => health('home_assistant')?.state === 'ok';
    await world.until('it is connected', isHere);
    for (let restart = 0; restart < flapping.cuts; restart += 1) {
      await home.stop();
      const isMissed = () => /is stopped, or still/.test(health('home_assistant')?.sentence ?? '');
      await world.until('it is missed', isMissed, 60_000);
      assert.equal(health('home_assistant')?.state, 'degraded');
      home.world.state = 'STARTING';
      await home.start();
      await world.clock.advance(20_000);
      assert.ok(!isHere(), 'not before it has started');
      home.world.state = 'RUNNING';
      await world.until('it is back', isHere, 60_000);
    }
    const warnings = world.logLines.filter(
      (line) => line.includes('"level":40') && line.includes('home_assistant'),
    );
    assert.deepEqual(warnings, []);
  });

  it('is asked for nothing that the Supervisor does not let through', async (t) => {
    const app = await install(t, { prepare: ({ offer }) => offer(passwords.first) });
    const { world, supervisor, home } = app;
    const decide = async (decision: string) => {
      const body = JSON.stringify({ decision, replace: false });
      const headers = { 'content-type': 'application/json' };
      let status = 0;
      void world
        .api('/api/home-assistant/actions', { method: 'PUT', headers, body })
        .then((answer) => (status = answer.status));
      await world.until('it is answered', () => status !== 0);
      return status;
    };
    await world.until('it is connected', () => app.health('home_assistant')?.state === 'ok');
    assert.equal(await decide('agree'), 200);
    await world.until('the actions are there', () => home.world.scripts.file.size > 0);
    assert.equal(await decide('decline'), 200);
    await world.until('the actions are gone', () => home.world.scripts.file.size === 0);
    const refused = supervisor.calls.filter((call) => / (?:401|403|405)$/.test(call));
    assert.deepEqual(refused, []);
  });
});

describe('Home Assistant without its MQTT integration', () => {
  it('shows no devices, and that is said until somebody adds it', async (t) => {
    const app = await install(t, {
      prepare: ({ home, offer }) => {
        home.world.components = ['webhook'];
        offer(passwords.first);
      },
    });
    const { world, home, health } = app;
    await world.until('it is said', () => health('mqtt_integration')?.state === 'needs_user');
    assert.match(health('mqtt_integration')?.sentence ?? '', /no MQTT integration.*config_flow_start/);
    home.world.components = ['webhook', 'mqtt'];
    await world.until('it is seen', () => health('mqtt_integration') === undefined, 31_000);
    assert.equal((await shownOnPage(world, 'mqtt_integration')).state, 'none');
  });
});

describe('the secrets of an app', () => {
  it('are in no log, no answer and no file', async (t) => {
    const options = { mqtt_username: 'bridge', mqtt_password: passwords.second };
    const app = await install(t, {
      options,
      prepare: ({ offer, broker }) => {
        offer(passwords.first);
        broker.demand(passwords.second);
      },
    });
    const { world, broker, health } = app;
    await world.connect('alex');
    await world.until('it is connected', () => health('mqtt')?.state === 'ok');
    broker.demand('something else');
    broker.cut();
    await world.until('it is refused', () => health('mqtt')?.state === 'needs_user');
    const paths = ['/api/health', '/api/diagnostics', '/api/activity', '/api/setup', '/metrics'];
    const answers = await Promise.all(paths.map(async (path) => (await world.api(path)).text()));
    const files = readdirSync(world.directory).filter((name) => name !== 'options.json');
    const stored = files.map((name) => readFileSync(join(world.directory, name), 'latin1'));
    const everything = [...answers, ...stored, ...world.logLines, JSON.stringify(broker.seen)].join('');
    for (const secret of [supervisorTokens.app, ...Object.values(passwords)])
      assert.ok(!everything.includes(secret), secret);
    const [ofHealth, diagnostics] = answers;
    for (const told of [ofHealth, diagnostics]) assert.match(told ?? '', /"part":"supervisor"/);
  });

  for (const from of ['the options', 'the Supervisor'] as const)
    it(`of ${from} are concealed where something repeats them`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-secrets-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const { second: password } = passwords;
      const ofBridge = { mqtt_username: 'bridge', mqtt_password: password };
      writeFileSync(join(directory, 'options.json'), JSON.stringify(from === 'the options' ? ofBridge : {}));
      await using home = await startFakeHomeAssistant();
      await using supervisor = await startSupervisorOf(home);
      const nowhere = { host: '127.0.0.1', port: 9, ssl: false, username: 'addons' };
      supervisor.world.mqtt = { ...nowhere, password: from === 'the options' ? passwords.first : password };
      const lines: string[] = [];
      const app = await startApp({
        ...asAppOf(supervisor),
        directory,
        write: (line) => lines.push(line),
        callBank: () => Promise.reject(new Error('no bank')),
        outputs: [
          {
            name: 'failing',
            show: () => {},
            health: () => ({ part: 'failing', state: 'ok', sentence: null }),
            close: () => Promise.reject(new Error(`It repeats ${supervisorTokens.app} and ${password}.`)),
          },
        ],
      });
      const isTried = () => /at mqtt:/.test(JSON.stringify(app.health()));
      await until('the broker is known', isTried);
      await app.close();
      assert.match(lines.join(''), /It repeats \[concealed\] and \[concealed\]\./);
    });
});
