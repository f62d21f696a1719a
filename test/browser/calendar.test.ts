import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Clock } from '../../src/clock.ts';
import { alex as names } from '../../sim/household.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { clockFrom } from './today.ts';
import { visit } from './visitor.ts';

/** Days on which two periods are the same, or on which a day is not what it is in most of the world. */
const instants = {
  'the last of a month that is thirty days long': '2026-11-30T10:00:00Z',
  'the first minutes of a year': '2027-01-01T00:00:20Z',
  'the first of a month in summer, which in UTC is the month before': '2027-06-30T23:10:00Z',
  'the seventh of January': '2027-01-07T12:00:00Z',
  'a day after which there is none in the next month': '2027-01-31T12:00:00Z',
  'the twenty-ninth of February': '2028-02-29T12:00:00Z',
  'the night in which the clocks go forward': '2027-03-28T00:59:40Z',
  'the hour that comes twice': '2027-10-31T00:30:00Z',
} as const;

const dayIn = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone: 'Europe/London' });
const fullDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'Europe/London' });

/** A day so many days before another one, of the calendar. */
function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** What each period of the search means, told apart from the page. */
function periodsOn(today: string): readonly (readonly [name: string, has: (day: string) => boolean])[] {
  const [year, month] = [today.slice(0, 4), today.slice(0, 7)];
  const monthBefore = daysBefore(`${month}-01`, 1).slice(0, 7);
  return [
    ['Today', (day) => day === today],
    ['Last 7 days', (day) => day > daysBefore(today, 7)],
    ['Last 30 days', (day) => day > daysBefore(today, 30)],
    ['This month', (day) => day.startsWith(month)],
    ['Last month', (day) => day.startsWith(monthBefore)],
    ['This year', (day) => day.startsWith(year)],
    ['Last year', (day) => day.startsWith(String(Number(year) - 1))],
  ];
}

describe('the page on a remarkable day', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, clock: Clock) => {
    const stage = await createStage(t, { clock, days: 400 });
    const visitor = await visit(t, browser, { clock });
    await stage.connect(persons.alex);
    await visitor.signIn(stage.app().signInLink());
    return { stage, visitor };
  };
  /** The day of every transaction. */
  const daysIn = async (stage: Stage) => {
    const days: string[] = [];
    for (let cursor = ''; ;) {
      const { items, next } = (await stage.ask(`transactions?limit=200${cursor}`)) as {
        readonly items: readonly { readonly created: string }[];
        readonly next: string | null;
      };
      days.push(...items.map(({ created }) => dayIn.format(new Date(created))));
      if (next === null) return days;
      cursor = `&cursor=${encodeURIComponent(next)}`;
    }
  };

  for (const [name, instant] of Object.entries(instants))
    it(`is right on ${name}`, limit, async (t) => {
      const clock = clockFrom(instant);
      const { stage, visitor } = await enter(t, clock);
      const { page } = visitor;
      stage.bank.purchase(names.current, { amount: 4_321, merchant: 'Corner Shop' });
      const now = clock.now();
      await page.getByRole('region', { name: 'Last transactions' }).getByText('−£43.21').waitFor();
      await page.getByText(/usual by this day\.$/).waitFor();

      await visitor.goTo('Transactions');
      await page.getByRole('heading', { name: fullDay.format(now) }).waitFor();
      await visitor.press('Filters');
      const days = await daysIn(stage);
      const chosen = page.getByLabel('Period', { exact: true });
      const sums = page.getByRole('region', { name: 'Sums of all transactions found' }).locator('dd');
      for (const [period, has] of periodsOn(dayIn.format(now))) {
        await chosen.selectOption(period);
        await page.getByRole('button', { name: `Remove the filter Period: ${period}` }).waitFor();
        const expected = days.filter(has).length.toLocaleString('en-GB');
        await sums
          .nth(3)
          .and(page.getByText(expected, { exact: true }))
          .waitFor();
      }

      await visitor.goTo('Charts');
      await page.locator('canvas').nth(5).waitFor();
      await visitor.press('Month report', 'link');
      await visitor.sees('Month report');
      await page.locator('.report').first().waitFor();
      assert.deepEqual(visitor.complaints, []);
    });

  it('goes on with the calendar while it is open over the end of a year', limit, async (t) => {
    const clock = clockFrom('2026-12-31T23:59:30Z');
    const { stage, visitor } = await enter(t, clock);
    const { page } = visitor;
    await page.goto(`${stage.app().uiUrl}/#/transactions?period=year`);
    await page.getByText(/ shown, /).waitFor();
    await until('the year has ended', () => page.evaluate<boolean>('new Date().getFullYear() === 2027'));
    stage.bank.purchase(names.current, { amount: 4_321, merchant: 'Corner Shop' });
    await page.getByRole('heading', { name: fullDay.format(new Date('2027-01-01T12:00:00Z')) }).waitFor();
    await page.getByText('1 shown, that is all').waitFor();
    assert.deepEqual(visitor.complaints, []);
  });
});
