import { test } from 'node:test';
import { takePicture } from '../support/pictures.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

test('the overview shows a household with its accounts and pots', limit, async (t) => {
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const stage = await createStage(t);
  await stage.connect(persons.alex);
  await stage.connect(persons.sam);
  const visitor = await visit(t, browser);
  const { page } = visitor;
  await page.setViewportSize({ width: 1200, height: 760 });
  await visitor.signIn(stage.app().signInLink());
  await page.getByText('£1,243.50').waitFor();
  await takePicture(page, 'page');
});
