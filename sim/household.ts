import { createBank } from './bank.ts';
import type { Bank } from './bank.ts';
import type { BankOptions } from './model.ts';
import { days } from './wire-time.ts';

/** The fixed ids of the household that all tests use. */
export const alex = {
  userId: 'user_0000Alex',
  clientId: 'oauth2client_0000Alex',
  clientSecret: 'mnzconf.0000AlexClientSecretNobodyMaySee',
  current: 'acc_0000AlexCurrent',
  rewards: 'acc_0000AlexRewards',
  flex: 'acc_0000AlexFlex',
  flexLoan: 'acc_0000AlexFlexLoan',
  prepaid: 'acc_0000AlexPrepaid',
  euro: 'acc_0000AlexEuro',
  pots: {
    holiday: 'pot_0000AlexHoliday',
    savings: 'pot_0000AlexSavings',
    secondSavings: 'pot_0000AlexSavings2',
    roundUps: 'pot_0000AlexRoundUps',
    locked: 'pot_0000AlexLocked',
    guarded: 'pot_0000AlexGuarded',
    tax: 'pot_0000AlexTax',
    deleted: 'pot_0000AlexDeleted',
  },
} as const;

export const sam = {
  userId: 'user_0000Sam',
  clientId: 'oauth2client_0000Sam',
  clientSecret: 'mnzconf.0000SamClientSecretNobodyMaySee',
  current: 'acc_0000SamCurrent',
  loan: 'acc_0000SamLoan',
  pots: { bike: 'pot_0000SamBike' },
} as const;

/** Owned by both. */
export const joint = { account: 'acc_0000Joint', pots: { bills: 'pot_0000JointBills' } } as const;

const defaultRedirects = [
  'http://127.0.0.1:8098/oauth/callback',
  'http://localhost:8098/oauth/callback',
  'https://my.home-assistant.io/redirect/oauth',
];

function addPeople(bank: Bank, redirectUrls: readonly string[]): void {
  bank.addPerson({ id: alex.userId, name: 'Alex Green' });
  bank.addPerson({ id: sam.userId, name: 'Sam Okafor' });
  for (const [person, other] of [
    [alex, sam],
    [sam, alex],
  ] as const) {
    bank.addClient({
      id: person.clientId,
      secret: person.clientSecret,
      redirectUrls: [...redirectUrls],
      collaborators: [person.userId, other.userId],
    });
  }
}

function addAccounts(bank: Bank, createdMs: number): void {
  const open = (id: string, type: string, more: Partial<Parameters<Bank['openAccount']>[0]> = {}) =>
    bank.openAccount({ id, type, owners: [alex.userId], createdMs, ...more });
  open(alex.prepaid, 'uk_prepaid', { closed: true });
  open(alex.current, 'uk_retail', { balance: 124_350 });
  open(alex.rewards, 'uk_rewards', { balance: 432 });
  open(alex.flex, 'uk_monzo_flex', { balance: -15_000 });
  open(alex.flexLoan, 'uk_monzo_flex_backing_loan', { closed: true });
  // No recording shows the type of a foreign-currency account; an unknown type in euros takes its place.
  open(alex.euro, 'uk_foreign_currency', { balance: 25_000, currency: 'EUR' });
  open(sam.current, 'uk_retail', { balance: 86_720, owners: [sam.userId] });
  open(sam.loan, 'uk_loan', { balance: -250_000, owners: [sam.userId] });
  open(joint.account, 'uk_retail_joint', { balance: 203_015, owners: [alex.userId, sam.userId] });
}

function addPots(bank: Bank, createdMs: number): void {
  const { pots } = alex;
  const open = (id: string, name: string, more: Omit<Parameters<Bank['openPot']>[1], 'id' | 'name'> = {}) =>
    bank.openPot(alex.current, { id, name, createdMs, ...more });
  open(pots.holiday, '🏖️ Holiday', { balance: 45_000, goal: 150_000, style: 'beach_ball' });
  open(pots.savings, 'Savings', { balance: 310_000, type: 'flexible_savings', style: 'teal' });
  open(pots.secondSavings, 'Savings', { balance: 12_050 });
  open(pots.roundUps, 'Round-ups', { balance: 1_837, roundUp: true, style: 'coin_jar' });
  open(pots.locked, 'Rainy day', { balance: 50_000, lockedUntilMs: bank.model.now() + 60 * days });
  open(pots.guarded, 'Do not touch', { balance: 20_000, addedSecurity: true });
  open(pots.tax, 'Tax', { balance: 98_000, isTaxPot: true, type: 'instant_access' });
  open(pots.deleted, 'Old bike', { deleted: true });
  bank.openPot(sam.current, { id: sam.pots.bike, name: 'Bike', balance: 7_500, goal: 60_000, createdMs });
  bank.openPot(joint.account, { id: joint.pots.bills, name: 'Bills', balance: 64_000, createdMs });
}

export interface HouseholdOptions extends BankOptions {
  /** Redirect URLs of both clients; the local ones and my.home-assistant.io by default. */
  readonly redirectUrls?: readonly string[];
}

/**
 * Alex and Sam: an OAuth client each (both people may use both), current accounts, a joint account, pots of every kind,
 * Flex with its hidden loan, rewards, a closed prepaid card, a loan and a euro account.
 */
export function household(options: HouseholdOptions): Bank {
  const bank = createBank(options);
  const createdMs = options.now() - 800 * days;
  addPeople(bank, options.redirectUrls ?? defaultRedirects);
  addAccounts(bank, createdMs);
  addPots(bank, createdMs);
  return bank;
}

/** The form encoding of some fields. */
const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields);

/** Logs a person in through their own client and, by default, approves in the app. Returns the tokens. */
export async function signIn(
  bank: Bank,
  fetch: typeof globalThis.fetch,
  options: { readonly person?: typeof alex | typeof sam; readonly approve?: boolean } = {},
): Promise<{ readonly access: string; readonly refresh: string; readonly expiresIn: number }> {
  const { person = alex } = options;
  const redirectUri = bank.client(person.clientId).redirectUrls[0] ?? '';
  const landing = bank.authorize({
    clientId: person.clientId,
    redirectUri,
    state: 's',
    userId: person.userId,
  });
  const response = await fetch('https://api.monzo.com/oauth2/token', {
    method: 'POST',
    body: form({
      grant_type: 'authorization_code',
      client_id: person.clientId,
      client_secret: person.clientSecret,
      redirect_uri: redirectUri,
      code: new URL(landing).searchParams.get('code') ?? '',
    }),
  });
  const body = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number };
  if (options.approve ?? true) bank.approve(person.userId);
  return { access: body.access_token, refresh: body.refresh_token, expiresIn: body.expires_in };
}
