import type { Page } from 'playwright-core';
import { takePicture } from '../support/pictures.ts';

/** A signed-in page, and the words of all that was chosen on it, in order. */
export interface Clicks {
  readonly page: Page;
  readonly url: string;
  readonly words: string[];
}

interface Choice {
  /** The device whose triggers become switches. */
  readonly device: string;
  /** The entity that becomes a sensor, and the device it belongs to. */
  readonly entity: string;
  readonly entityDevice: string;
  /** Domains to include beside that of the entity. */
  readonly domains: readonly string[];
}

/** Adds Home Assistant's HomeKit Bridge as a person does, with what it suggests. */
export async function addHomeKitBridge(clicks: Clicks): Promise<void> {
  const { page, url } = clicks;
  await page.goto(`${url}/config/integrations/dashboard/add?domain=homekit`);
  await page.getByText('Do you want to set up HomeKit Bridge?').waitFor();
  await press(clicks, 'OK');
  await page.getByText('Select domains to be included').waitFor();
  await press(clicks, 'Submit');
  await page.getByText('Pair HomeKit').waitFor();
  await press(clicks, 'Submit');
  await press(clicks, 'Skip and finish');
  // What opens a dialog is a step in the browser's history, and closing it a step back: nothing else may come between.
  await page.getByText('Skip and finish').waitFor({ state: 'hidden' });
}

/** Chooses in the bridge's options what Apple Home gets, as a person does. */
export async function chooseForAppleHome(clicks: Clicks, choice: Choice): Promise<void> {
  const { page, words } = clicks;
  await page.getByText('HomeKit Bridge', { exact: true }).click();
  words.push('Configure', 'include');
  await page.getByLabel('Configure').first().click();
  await page.getByText('include', { exact: true }).click();
  await press(clicks, 'Domains to include');
  await tick(clicks, ['Binary sensor', ...choice.domains]);
  await press(clicks, 'Submit');

  await page.getByText('Select the entities to be included').waitFor();
  words.push(choice.entity);
  await page.locator('ha-entities-picker ha-entity-picker').last().click();
  // Home Assistant takes what is typed elsewhere for its shortcuts.
  await page.locator('ha-picker-combo-box input').first().fill(`${choice.entityDevice} ${choice.entity}`);
  // Each row has the entity's name, and its device's below it.
  const row = page.locator(':has(> [slot="supporting-text"])').filter({ hasText: choice.entity });
  await row.getByText(choice.entityDevice, { exact: true }).first().click();
  await page.getByText('Add entity').waitFor();
  await takePicture(page, 'apple-home-entities');
  await press(clicks, 'Submit');

  await press(clicks, 'Devices (Triggers)');
  await tick(clicks, [choice.device], 'apple-home-devices');
  await press(clicks, 'Submit');
  await press(clicks, 'Finish');
}

/** Opens the notification in which Home Assistant shows the code. */
export async function showPairingCode({ page, words }: Clicks, code: string): Promise<void> {
  words.push('Notifications');
  await page.getByText('Notifications', { exact: true }).first().click();
  await page.getByText(code).waitFor();
  await takePicture(page, 'apple-home-pairing');
}

async function press({ page, words }: Clicks, name: string): Promise<void> {
  words.push(name);
  await page.getByRole('button', { name }).click();
}

async function tick({ page, words }: Clicks, names: readonly string[], picture?: string): Promise<void> {
  for (const name of names) {
    words.push(name);
    await page.getByRole('menuitemcheckbox', { name, exact: true }).click();
  }
  if (picture !== undefined) await takePicture(page, picture);
  await page.keyboard.press('Escape');
}
