import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { alex } from '../../sim/household.ts';
import { launchBrowser } from '../browser/chromium.ts';
import { addAutomation, said, type Automation } from '../home-assistant/automations.ts';
import { connectHomeAssistant, type HomeAssistantClient } from '../home-assistant/client.ts';
import { rest } from '../home-assistant/onboarding.ts';
import { eventually } from '../home-assistant/processes.ts';
import { coreName, home, homeAddress } from './addresses.ts';
import { startMachine, type Machine } from './machine.ts';
import { addMember, sidebarEntry, visitHome, type HomeVisitor } from './visitor.ts';

const { holiday } = alex.pots;
const flowsSchema = z.array(z.object({ flow_id: z.string(), handler: z.string() }));
const devicesSchema = z.array(
  z.object({ id: z.string(), identifiers: z.unknown(), configuration_url: z.string().nullable() }),
);
const madeSchema = z.object({ type: z.literal('create_entry') });

/** One machine for all scenes, which follow one another as in a household's first days. */
describe('the bridge as an app of Home Assistant', () => {
  const everything = new AsyncDisposableStack();
  let machine: Machine;
  let browser: Browser;
  let client: HomeAssistantClient;
  let owner: HomeVisitor;
  let automation: Automation;
  before(async () => {
    machine = everything.use(await startMachine());
    browser = everything.adopt(await launchBrowser([coreName, homeAddress]), (each) => each.close());
    client = everything.use(await connectHomeAssistant(machine.homeAssistant));
    await machine.bridge.start();
  });
  after(() => everything.disposeAsync());

  const buys = async (merchant: string, amount = 1_234) => {
    const before = automation.said.length;
    machine.bank.purchase(alex.current, { amount, merchant });
    await eventually(`the purchase at ${merchant}`, () => automation.said.length > before);
    assert.equal(automation.said.at(-1), merchant);
  };

  it('a person goes from an empty Home Assistant to the first balance', async (t) => {
    owner = everything.use(await visitHome(browser, { access_token: machine.homeAssistant.token }));
    await sidebarEntry(owner.page).waitFor();
    const began = performance.now();
    await owner.openPanel();
    await owner.sees('Create an OAuth client at Monzo');
    await owner.look('1-client');
    await owner.click(owner.panel.getByRole('button', { name: 'Copy Redirect URLs' }));
    await owner.panel.getByText('Copied').first().waitFor();
    machine.bank.registerRedirect(alex.clientId, await owner.pasted());
    await owner.press('I have created the client');
    await owner.sees('Copy the client’s id and secret');
    await owner.fill('Name of the person', 'Alex');
    await owner.fill('Client ID', alex.clientId);
    await owner.fill('Client secret', alex.clientSecret);
    await owner.look('2-credentials');
    await owner.press('Next');
    await owner.sees('Sign in at Monzo as Alex');
    await owner.look('3-sign-in');
    const opened = owner.context.waitForEvent('page');
    await owner.press('Sign in at Monzo', 'link');
    await owner.click((await opened).getByRole('button', { name: 'Log in as Alex' }));
    await owner.sees('Alex: approve in the Monzo app');
    await owner.look('4-approve');
    machine.bank.approve(alex.userId);
    await owner.sees('Alex is connected');
    await owner.panel.getByText('£1,243.50').waitFor();
    const { clicks, fields } = owner.effort();
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    t.diagnostic(`to the first balance: ${clicks} clicks, ${fields.length} fields, ${seconds} seconds`);
    assert.deepEqual(fields, ['Name of the person', 'Client ID', 'Client secret']);
    assert.equal(clicks, 6);
    await owner.look('5-done');
    await owner.press('Go to the overview');
    await owner.sees('Overview');
    await owner.look('6-overview');
    assert.deepEqual(owner.complaints, []);
  });

  it('without a broker the page says what to install', async () => {
    await owner.panel.getByText('Install the Mosquitto broker app').waitFor();
    await owner.look('7-no-broker');
  });

  it('a purchase fires an automation, once the broker is there and Home Assistant has added it', async () => {
    await machine.broker.install();
    const { url, token } = machine.homeAssistant;
    const { flow_id: id } = await eventually('the broker among what was discovered', async () => {
      const flows = await client.command({ type: 'config_entries/flow/progress' }, flowsSchema);
      return flows.find(({ handler }) => handler === 'mqtt');
    });
    const confirm = {
      url: `${url}/api/config/config_entries/flow/${id}`,
      method: 'POST',
      token,
      body: {},
    } as const;
    madeSchema.parse(await rest(confirm));
    const entity = await eventually('the entity', () => client.mqttEntity(`${alex.current}_transaction`));
    const device = await client.mqttDevice(`monzo_${alex.current}`);
    assert.match(device?.configuration_url ?? '', /^homeassistant:\/\/app\/a0b1c2d3_monzo_bridge/);
    // Where browsers reach it from outside a person says once, in Settings.
    await client.command({ type: 'config/core/update', external_url: home }, z.unknown());
    await eventually('the bank rings through Home Assistant', () =>
      [...machine.bank.model.webhooks.values()].some(({ url }) => url.startsWith(`${home}/api/webhook/`)),
    );
    automation = await addAutomation(client, 'purchases', {
      triggers: [
        {
          trigger: 'event.received',
          target: { entity_id: entity.entity_id },
          options: { event_type: ['card_payment'] },
        },
      ],
      actions: [said('purchases', '{{ trigger.to_state.attributes.merchant }}')],
    });
    await buys('Blue Door Coffee');
  });

  it('“Visit” on a device leads to the panel', async () => {
    const { slug } = machine.supervisor.world.app;
    const devices = await client.command({ type: 'config/device_registry/list' }, devicesSchema);
    const ours = devices.filter(({ identifiers }) => JSON.stringify(identifiers).includes('"mqtt","monzo_'));
    const visits = new Set(ours.map(({ configuration_url: visit }) => visit));
    assert.deepEqual([...visits], [`homeassistant://app/${slug}`]);
    await owner.page.goto(`${home}/config/devices/device/${ours[0]?.id}`);
    await owner.click(owner.page.getByRole('link', { name: 'Visit' }));
    await owner.sees('Overview');
    assert.equal(new URL(owner.page.url()).pathname, `/app/${slug}`);
  });

  it('the page shows a purchase as it happens', async () => {
    await owner.goTo('Overview');
    await owner.panel.getByText('Live', { exact: true }).waitFor();
    await owner.panel.getByText('£1,231.16').first().waitFor();
    machine.bank.purchase(alex.current, { amount: 116, merchant: 'Corner Shop' });
    await owner.panel.getByText('£1,230.00').first().waitFor();
  });

  it('money moves from the page, and the audit names the person', async () => {
    await owner.press(/^Move money between Current account/, 'link');
    const dialog = (name: string | RegExp) => owner.panel.getByRole('dialog', { name }).waitFor();
    await dialog('Move money');
    await owner.panel.getByLabel('Pot', { exact: true }).selectOption({ label: '🏖️ Holiday, £450.00' });
    await owner.fill('Amount', '25.00');
    await owner.press('Continue');
    await dialog('Move £25.00?');
    await owner.look('8-move');
    await owner.press('Move £25.00 now');
    await dialog('The money has moved');
    assert.equal(machine.bank.pot(holiday).balance, 47_500);
    await owner.press('Close');
    await owner.goTo('Activity', 'Money moves');
    const audit = owner.panel.getByRole('region', { name: 'Audit', exact: true });
    await audit
      .getByText(/^This page, Alex/)
      .first()
      .scrollIntoViewIfNeeded();
    await owner.look('9-activity');
  });

  it('the actions are created from the page, and one of them moves money', async () => {
    await owner.goTo('Settings', 'Actions in Home Assistant');
    await owner.press('Create the actions');
    await owner.panel.getByText('script.monzo_pot_transfer').waitFor();
    await owner.panel.getByText('Ready').first().waitFor();
    await owner.look('10-settings');
    const data = { pot: holiday, transfer_type: 'deposit', amount: 0.29, request_id: 'first' };
    const call = { domain: 'script', service: 'monzo_pot_transfer', data, answer: true };
    await eventually('the action', async () =>
      Boolean((await client.actions())['script']?.['monzo_pot_transfer']),
    );
    await client.call(call);
    assert.equal(machine.bank.pot(holiday).balance, 47_529);
    await owner.goTo('Charts');
    await owner.look('11-charts');
  });

  it('the ledger is exported through ingress', async () => {
    await owner.goTo('Transactions');
    await owner.panel.getByText('Blue Door Coffee').first().waitFor();
    await owner.look('12-transactions');
    const waiting = owner.page.waitForEvent('download');
    await owner.press('Export all that matches as CSV', 'link');
    const file = readFileSync(await (await waiting).path(), 'utf8');
    assert.match(file, /Blue Door Coffee/);
  });

  it('a member who is no administrator finds no entry, and reads a sentence', async () => {
    const tokens = await addMember(client, machine.homeAssistant.url, 'Zoë');
    await using member = await visitHome(browser, tokens);
    await member.page.locator('ha-sidebar').getByText('Overview').waitFor();
    assert.equal(await sidebarEntry(member.page).count(), 0);
    // The older of Home Assistant's ways gives everybody a session.
    await using theirs = await connectHomeAssistant({
      url: machine.homeAssistant.url,
      token: tokens.access_token,
    });
    const ask = { type: 'supervisor/api', endpoint: '/ingress/session', method: 'post' };
    const { session } = await theirs.command(ask, z.object({ session: z.string() }));
    await member.context.addCookies([{ name: 'ingress_session', value: session, url: home }]);
    await member.page.goto(`${home}/api/hassio_ingress/${machine.supervisor.world.app.ingressToken}/`);
    await member.page.getByText('Only administrators of Home Assistant may open the bridge.').waitFor();
    await member.page.getByText('Zoë').waitFor();
    await member.look('member');
  });

  it('other credentials for the broker are taken while everything runs', async () => {
    const before = (await machine.broker.log()).length;
    await machine.broker.install();
    await eventually('the bridge has signed in to the new broker', async () =>
      /as monzo-bridge-\S+ \(.*u'addons'\)/.test((await machine.broker.log()).slice(before)),
    );
    await buys('Green Grocer');
  });

  it('the Supervisor restarts, and nobody has to do anything', async () => {
    await machine.supervisor.stop();
    await owner.panel.getByText('Live', { exact: true }).waitFor({ state: 'hidden' });
    await machine.supervisor.start();
    await owner.panel.getByText('Live', { exact: true }).waitFor();
    await buys('Book Shop');
  });

  it('Home Assistant restarts while the panel is open, and nobody has to do anything', async () => {
    const back = Promise.withResolvers<void>();
    await client.pause(back.promise);
    await machine.homeAssistant.restart().finally(back.resolve);
    await client.connected();
    await buys('Garden Centre');
    await owner.panel.getByText('Live', { exact: true }).waitFor();
    await owner.goTo('Overview');
    await owner.panel.getByText('£1,167.69').first().waitFor();
    assert.equal(await owner.panel.getByRole('heading', { name: 'Needs attention' }).count(), 0);
    await owner.look('after-restarts');
    assert.deepEqual(owner.complaints, []);
  });

  it('stops within its time with exit code 0', async () => {
    assert.equal(await machine.bridge.stop(), 0);
  });
});
