import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { sampleEvent } from '../support/store-samples.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { withStored } from './stored.ts';
import { clockOfToday } from './today.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

const rows = 620;

describe('the logs of the activity', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** The bridge has lived for a while: more has happened than any answer holds. */
  const enter = async (t: TestContext, place: 'Events' | 'Money moves', options: VisitorOptions = {}) => {
    const at = clockOfToday.now();
    const sentence = (number: number) => (number === 0 ? '=1+1' : `Asked for number ${number}`);
    const past = withStored((store) => {
      store.events.append(
        Array.from({ length: rows }, (_, number) => sampleEvent(`tx_past_${number}`, { at })),
      );
      for (let number = 0; number < rows; number += 1)
        store.audit.append(at, {
          door: 'mqtt',
          user: null,
          action: 'pot_transfer',
          decision: 'refused',
          sentence: sentence(number),
        });
    });
    const stage = await createStage(t, past);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Activity', place);
    return { stage, visitor };
  };
  const section = ({ page }: Visitor, name: string) => page.getByRole('region', { name, exact: true });
  const events = (visitor: Visitor) => section(visitor, 'Events');
  const audit = (visitor: Visitor) => section(visitor, 'Audit');
  const older = (part: ReturnType<typeof section>) => part.getByRole('button', { name: /^Show older/ });
  /** Presses until there is nothing older, and counts the presses. */
  const toTheBeginning = async (part: ReturnType<typeof section>) => {
    for (let shown = await part.getByRole('listitem').count(); (await older(part).count()) > 0;) {
      await older(part).click();
      await part.getByText(new RegExp(`^(?!${shown} )\\d+ shown`)).waitFor();
      shown = await part.getByRole('listitem').count();
    }
  };

  it('go back to the first event, while new ones come on top', limit, async (t) => {
    const { stage, visitor } = await enter(t, 'Events', { size: 'phone', scheme: 'dark' });
    const part = events(visitor);
    await part.getByText('20 shown, older ones below').waitFor();
    await older(part).click();
    await part.getByText('70 shown, older ones below').waitFor();
    stage.bank.purchase(names.current, { amount: 725, merchant: 'Blue Door Coffee' });
    await part.getByRole('listitem').first().getByText('Blue Door Coffee').waitFor();
    await part.getByText('71 shown, older ones below').waitFor();
    await toTheBeginning(part);
    await part.getByText(`${rows + 1} shown, that is all`).waitFor();
    const addresses = await part
      .getByRole('link')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    assert.equal(new Set(addresses).size, rows + 1, 'each one once');
    assert.match(addresses.at(-1) ?? '', /tx_past_0$/);
    assert.deepEqual(visitor.complaints, []);
  });

  it('go back to whoever asked first, and give all of it as a file', limit, async (t) => {
    const { visitor } = await enter(t, 'Money moves');
    const part = audit(visitor);
    await part.getByText('20 shown, older ones below').waitFor();
    await older(part).click();
    await part.getByText('70 shown, older ones below').waitFor();
    await visitor.press('Pause all moves');
    await part.getByRole('listitem').first().getByText('Moves paused').waitFor();
    await part.getByText('71 shown, older ones below').waitFor();
    await visitor.look('logs');
    await toTheBeginning(part);
    await part.getByText(`${rows + 1} shown, that is all`).waitFor();
    await part.getByText('Asked for number 1', { exact: true }).waitFor();
    const download = visitor.page.waitForEvent('download');
    await part.getByRole('link', { name: 'Export the whole audit as CSV' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^monzo-audit-.*\.csv$/);
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    assert.equal(lines.length, rows + 2);
    assert.match(lines.at(-1) ?? '', /,'=1\+1,/);
  });

  it('find what happened while nobody looked, and keep their place', limit, async (t) => {
    const { stage, visitor } = await enter(t, 'Events');
    const part = events(visitor);
    await older(part).click();
    await part.getByText('70 shown, older ones below').waitFor();
    await visitor.context.setOffline(true);
    for (let number = 0; number < 45; number += 1)
      stage.bank.purchase(names.current, { amount: 100 + number, merchant: 'Corner Shop' });
    await visitor.context.setOffline(false);
    await part.getByText('115 shown, older ones below').waitFor();
    assert.equal(await part.getByRole('listitem').count(), 115);
  });

  it('can be gone back in with the keyboard, and say how far that is', limit, async (t) => {
    const { visitor } = await enter(t, 'Money moves', { keyboard: true, size: 'tablet' });
    await older(audit(visitor)).waitFor();
    await visitor.press('Show older entries');
    await visitor.page.getByRole('status').getByText('70 shown, older ones below').waitFor();
    assert.equal(await older(audit(visitor)).and(visitor.page.locator(':focus')).count(), 1);
  });

  it('name a pot that is closed by now', limit, async (t) => {
    const { stage, visitor } = await enter(t, 'Money moves');
    const { pots } = names;
    const post = (body: object) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const move = { pot: pots.holiday, transfer_type: 'deposit', amount: '5.00', request_id: 'r' };
    assert.equal((await stage.ask('commands/pot_transfer', post(move)))['money_moved'], 'yes');
    stage.bank.closePot(pots.holiday);
    await stage.ask('commands/refresh', post({}));
    const inWords = '£5.00 into 🏖️ Holiday (closed)';
    await audit(visitor).getByText(inWords).first().waitFor();
    await visitor.goTo('Activity', 'Events');
    await events(visitor).getByRole('link', { name: '🏖️ Holiday' }).first().waitFor();
    await visitor.page.goto(`${stage.app().uiUrl}/#/transactions?pot=${pots.holiday}`);
    await visitor.page.locator('.chip', { hasText: 'Pot: 🏖️ Holiday (closed)' }).waitFor();
    assert.equal(await visitor.page.getByText(/pot_0|acc_0/).count(), 0);
  });
});
