import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { buy, install, isConnected, passwords, type Installed } from '../support/installed.ts';

/** What is not as it should be between the Supervisor, the broker's app and the bridge. */

const offered = { prepare: ({ offer }: Pick<Installed, 'offer'>) => offer(passwords.first) };

describe('a Supervisor that was away', () => {
  for (const what of ['is updated', 'answers nothing of use'] as const)
    it(`is well again once it answers, although nothing else asks it (it ${what})`, async (t) => {
      const app = await install(t, offered);
      const { world, broker, supervisor, health } = app;
      await world.until('it is connected', isConnected(app));
      if (what === 'is updated') await supervisor.stop();
      else supervisor.world.canned.set('/services/mqtt', { status: 500, text: '' });
      broker.cut();
      await world.until('it is missed', () => health('supervisor')?.state === 'down');
      await world.until('the broker is back', isConnected(app), 31_000);
      await supervisor.start();
      supervisor.world.canned.clear();
      await world.until('it is well', () => health('supervisor')?.state === 'ok', 121_000);
    });

  it('for the first two minutes, answering 502, then 400, then nothing, leads to the same', async (t) => {
    const app = await install(t, {
      prepare: ({ offer, supervisor }) => {
        offer(passwords.first);
        for (const path of ['/services/mqtt', '/addons/self/info', '/services'])
          supervisor.world.canned.set(path, { status: 502, text: '<html>' });
      },
    });
    const { world, supervisor, health, broker } = app;
    await world.clock.advance(40_000);
    supervisor.world.canned.clear();
    supervisor.world.isReady = false;
    await world.clock.advance(40_000);
    await supervisor.stop();
    await world.clock.advance(40_000);
    assert.equal(health('supervisor')?.state, 'down');
    supervisor.world.isReady = true;
    await supervisor.start();
    await world.until('it is connected', isConnected(app), 61_000);
    await world.until('all is well', () => health('supervisor')?.state === 'ok', 61_000);
    const bridge = () => broker.retainedTopics().filter((topic) => topic.endsWith('/config'));
    await world.until('“Visit” leads to the panel', () =>
      bridge().some((topic) => (broker.retained(topic) ?? '').includes('homeassistant://app/')),
    );
  });
});

describe('what the Supervisor says of the broker', () => {
  const answers: Readonly<Record<string, readonly [object | null, 'used' | 'refused']>> = {
    'no user and no password': [{ username: null, password: null }, 'used'],
    'no word about TLS': [{ ssl: null }, 'used'],
    'more than is known': [{ keyfile: '/ssl/key.pem', addon: 7, protocol: 5 }, 'used'],
    'the port as text': [{ port: 'text' }, 'used'],
    'TLS as a word': [{ ssl: 'maybe' }, 'refused'],
    'no port that exists': [{ port: 70_000 }, 'refused'],
    'port 0': [{ port: 0 }, 'refused'],
    'a port below 0': [{ port: -1 }, 'refused'],
    'no port': [{ port: null }, 'refused'],
    'no host': [{ host: '' }, 'refused'],
    'a host that is none': [{ host: 'mqtt://core-mosquitto' }, 'refused'],
    'a password that is a number': [{ password: 12 }, 'refused'],
    nothing: [null, 'refused'],
  };
  for (const [what, [change, outcome]] of Object.entries(answers))
    it(`with ${what} is ${outcome}`, async (t) => {
      const app = await install(t, {
        prepare: ({ offer, supervisor, broker }) => {
          offer(passwords.first);
          if (what.startsWith('no user')) broker.open();
          const port = supervisor.world.mqtt?.port;
          const odd =
            change !== null && 'port' in change && change.port === 'text' ? { port: String(port) } : change;
          const data = change === null ? null : { ...supervisor.world.mqtt, ...odd };
          const text = JSON.stringify({ result: 'ok', data });
          supervisor.world.canned.set('/services/mqtt', { status: 200, text });
        },
      });
      const { world, supervisor, health } = app;
      if (outcome === 'used') return world.until('it is connected', isConnected(app), 5_000);
      await world.until('it is said', () =>
        /answer is not what it should be/.test(health('mqtt')?.sentence ?? ''),
      );
      assert.doesNotMatch(JSON.stringify(world.logLines) + health('mqtt')?.sentence, /the-first-password/);
      supervisor.world.canned.clear();
      return world.until('it is connected', isConnected(app), 61_000);
    });

  const faults = {
    'refuses the token': { status: 403, text: '403: Forbidden' },
    breaks: { status: 500, text: '' },
    'is cut off in the middle': { status: 200, text: '{"result":"ok","data":{"host":"core-mo', end: 'cut' },
    'never answers': { status: 200, text: '', end: 'never' },
  } as const;
  for (const [what, answer] of Object.entries(faults))
    it(`comes in time where it first ${what}`, async (t) => {
      const app = await install(t, {
        prepare: ({ offer, supervisor }) => {
          offer(passwords.first);
          supervisor.world.canned.set('/services/mqtt', answer);
        },
      });
      const { world, supervisor, health } = app;
      await world.until('it is said', () => /Supervisor/.test(health('mqtt')?.sentence ?? ''), 15_000);
      supervisor.world.canned.clear();
      await world.until('it is connected', isConnected(app), 75_000);
      await world.until('it is well', () => health('supervisor')?.state === 'ok', 61_000);
    });
});

describe('a broker’s app that is installed again', () => {
  it('gets everything that happened meanwhile, with its new password', async (t) => {
    const app = await install(t, offered);
    const { world, broker, supervisor, offer, health } = app;
    await world.connect('alex');
    await world.until('it is connected', isConnected(app));
    const events = () => broker.payloads(`monzo/${alex.current}/event`).join();
    await buy(app, 'Blue Door Coffee');
    await world.until('the first is sent', () => events().includes('Blue Door Coffee'));
    await broker.stop();
    supervisor.world.mqtt = null;
    await world.until('it is missed', () => health('mqtt')?.state === 'needs_user', 61_000);
    await buy(app, 'Green Door Books');
    await world.restart();
    await buy(app, 'Red Door Bakery');
    await broker.start();
    broker.demand(passwords.second);
    await world.clock.advance(600_000);
    offer(passwords.second);
    await world.until('it is connected', isConnected(app), 61_000);
    await world.until('nothing is lost', () => /Green Door Books.*Red Door Bakery/s.test(events()), 61_000);
    const account = `homeassistant/device/monzo_${alex.current}/config`;
    await world.until('the devices are there again', () => broker.retained(account) !== undefined);
    assert.equal(
      broker.payloads(`monzo/${alex.current}/event`).filter((one) => one.includes('Blue Door')).length,
      1,
    );
  });
});

describe('a broker of one’s own that is no longer set', () => {
  it('gives way to the one that is offered, and nothing is lost', async (t) => {
    const app = await install(t, {
      options: { mqtt_url: ' mqtt://127.0.0.1:1\n', poll_seconds: '120', log_level: null, mqtt_username: '' },
      prepare: ({ offer }) => offer(passwords.first),
    });
    const { world, broker, health } = app;
    await world.connect('alex');
    await world.until('nothing is there', () => /Nothing answers/.test(health('mqtt')?.sentence ?? ''));
    await buy(app, 'Green Door Books');
    await world.stop();
    writeFileSync(join(world.directory, 'options.json'), JSON.stringify({ mqtt_url: null }));
    await world.restart();
    await world.until('it is connected', isConnected(app), 61_000);
    const events = () => broker.payloads(`monzo/${alex.current}/event`).join();
    await world.until('the purchase is sent', () => events().includes('Green Door Books'), 61_000);
  });
});

describe('a Home Assistant that can only start in recovery mode', () => {
  it('is waited for, and who it is asked about is let in', async (t) => {
    const app = await install(t, offered);
    const { world, home, health } = app;
    await world.connect('alex');
    await world.until('it is connected', () => health('home_assistant')?.state === 'ok');
    await home.stop();
    const { components } = home.world;
    Object.assign(home.world, { isRecovering: true, components: ['persistent_notification'] });
    await home.start();
    home.world.users.set('zoe', { name: 'Zoë', isAdministrator: true });
    await world.until(
      'it is said',
      () => /recovery mode/.test(health('home_assistant')?.sentence ?? ''),
      61_000,
    );
    assert.equal(health('home_assistant')?.state, 'needs_user');
    const fired = home.of('fire_event').length;
    await buy(app, 'Blue Door Coffee');
    await world.clock.advance(300_000);
    assert.equal(home.of('fire_event').length, fired, 'no automation would hear it');
    assert.equal(health('mqtt_integration'), undefined, 'that it is missing is no one’s fault');
    const headers = { 'x-remote-user-id': 'zoe', 'x-forwarded-host': 'home' };
    const { status } = await fetch(`${world.app().uiUrl}/api/logins`, { headers });
    assert.equal(status, 200);
    Object.assign(home.world, { isRecovering: false, components });
    await home.stop();
    await home.start();
    await world.until('it is sent', () => home.of('fire_event').length > fired, 121_000);
  });
});

describe('the addresses that a person is shown in an app', () => {
  const external = 'https://home.example.org';
  const cloud = 'https://x.ui.nabu.casa';
  const internal = 'http://192.168.1.10:8123';
  const own = 'https://bank.example.org/monzo';
  const none = { internal: null, external: null, cloud: null };
  interface Home {
    readonly urls: Readonly<Record<'internal' | 'external' | 'cloud', string | null>>;
    readonly options?: object;
    /** Where Monzo may lead the browser, the best first, without my.home-assistant.io at the end. */
    readonly ways: readonly string[];
    readonly hooks: string | null;
  }
  const homes: Readonly<Record<string, Home>> = {
    'no address at all': { urls: none, ways: [], hooks: null },
    'one at home only': { urls: { ...none, internal }, ways: [internal], hooks: null },
    'one for outside': { urls: { ...none, internal, external }, ways: [external], hooks: external },
    'Home Assistant Cloud': { urls: { ...none, internal, cloud }, ways: [cloud], hooks: cloud },
    'one of the bridge’s own': {
      urls: { ...none, internal, external },
      options: { public_url: `${own}/`, log_level: 'debug' },
      ways: [external, own],
      hooks: own,
    },
  };
  const setupSchema = z.object({ redirects: z.array(z.object({ redirect_uri: z.string() })) });
  for (const [what, { urls, options, ways, hooks }] of Object.entries(homes))
    it(`are right with ${what}, and never the Supervisor’s`, async (t) => {
      const app = await install(t, {
        ...offered,
        // The simulated way from outside knows the setting, over which the option wins.
        ...(options && { options, settings: { MONZO_BRIDGE_PUBLIC_URL: own } }),
        prepare: ({ offer, home }) => {
          offer(passwords.first);
          Object.assign(home.world.urls, none);
          home.world.users.set('zoe', { name: 'Zoë', isAdministrator: true });
        },
      });
      const { world, supervisor, broker, home, health } = app;
      const headers = { 'x-remote-user-id': 'zoe', 'x-forwarded-for': '192.168.1.5' };
      const ask = async (path: string) =>
        (await fetch(`${world.app().uiUrl}/api/${path}`, { headers })).text();
      const isHere = () => health('home_assistant')?.state === 'ok';
      await world.connect('alex');
      Object.assign(home.world.urls, urls);
      await home.stop();
      await world.until('it is missed', () => !isHere(), 61_000);
      await home.start();
      await world.until('it is back', isHere, 61_000);
      const registered = () => [...world.bank.model.webhooks.values()][0]?.url ?? null;
      if (hooks !== null) await world.until('webhooks are registered', () => registered() !== null, 121_000);
      assert.equal(registered()?.slice(0, hooks?.length) ?? null, hooks);
      const { redirects } = setupSchema.parse(JSON.parse(await ask('setup')));
      const shown = redirects.map(({ redirect_uri: uri }) =>
        uri.replace(/\/(?:api\/webhook|oauth)\/.*$/, ''),
      );
      assert.deepEqual(shown, [...ways, 'https://my.home-assistant.io/redirect/oauth']);
      const paths = ['health', 'diagnostics', 'setup', 'logins', 'activity', 'webhooks'];
      const answers = await Promise.all(paths.map(ask));
      const told = [...answers, ...world.logLines, JSON.stringify(broker.seen)].join('\n');
      assert.doesNotMatch(told, new RegExp(`${RegExp.escape(supervisor.url)}|//supervisor`));
    });
});

describe('an app whose token the Supervisor no longer knows', () => {
  it('says so three times in words', async (t) => {
    const settings: Record<string, string> = { SUPERVISOR_TOKEN: 'a-token-of-before-the-restart' };
    const app = await install(t, { ...offered, settings });
    const { world, health } = app;
    const refused = (part: string, words: RegExp) =>
      world.until(`${part} says it`, () => words.test(health(part)?.sentence ?? ''), 61_000);
    await refused('supervisor', /refuses this app’s token.*restart the app/);
    await refused('mqtt', /refuses this app’s token.*restart the app/);
    await refused('home_assistant', /does not let this app use Home Assistant. Restart the app/);
    const headers = { 'x-remote-user-id': 'zoe' };
    assert.equal(
      (await fetch(`${world.app().uiUrl}/api/logins`, { headers })).status,
      503,
      'nobody is let in',
    );
  });
});
