import { resolve } from 'node:path';
import { coalesced } from '../async.ts';
import type { Clock } from '../clock.ts';
import { railsFinding } from '../commands/rails-store.ts';
import {
  checkOf,
  inOrder,
  noBroker,
  noHomeAssistant,
  type Check,
  type CheckName,
  type Finding,
} from '../domain/check.ts';
import type { Knowledge } from '../domain/fold.ts';
import { spanText } from '../domain/time.ts';
import type { PartHealth } from '../domain/view.ts';
import { messageOf } from '../errors.ts';
import { pageFinding, type PageAddresses } from '../http/page-addresses.ts';
import type { Bank, Money } from '../http/services.ts';
import { addressFinding } from '../ingest/address-test.ts';
import { durations } from '../limits.ts';
import { secretKeyFinding } from '../logins/login-secrets.ts';
import { loginChecks } from '../logins/trouble.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
import { probeBank } from '../monzo/bank-probe.ts';
import { clockFinding } from '../monzo/clock-health.ts';
import { examineDirectory } from '../store/examination.ts';
import type { AppOptions, Opened } from './opened.ts';

/** What the running bridge finds when it looks at everything: its own health, in the order of the checks, and what it calls for it. */

export interface CheckParts extends Pick<Opened, 'databaseHealth' | 'store'> {
  readonly options: AppOptions;
  readonly wallClock: Clock;
  readonly bankClock: BankClock;
  readonly startedAt: number;
  readonly bank: Bank;
  readonly money: Money;
  readonly knowledge: () => Knowledge;
  readonly health: () => readonly PartHealth[];
  readonly addresses: () => PageAddresses;
}

/** Looks at everything now; whoever asks meanwhile shares the next look. */
export function createChecks(parts: CheckParts): () => Promise<readonly Check[]> {
  return coalesced(async () => {
    const [called, address] = await Promise.all([bankChecks(parts), addressCheck(parts)]);
    return inOrder([
      ...ownChecks(parts),
      ...called,
      ...partChecks(parts.health()),
      checkOf('page', pageFinding(parts.addresses())),
      address,
      ...loginChecks(parts.bank.registry.views()),
      railsCheck(parts),
    ]);
  });
}

/** The bridge runs, so there is little to say. */
function ownChecks({
  options,
  startedAt,
  databaseHealth,
  store,
  health,
  bank,
}: CheckParts): readonly Check[] {
  const { config, clock, version } = options;
  const found = [...health().filter(({ part }) => part === 'ledger'), databaseHealth()];
  const database = found.find(({ state }) => state !== 'ok') ?? databaseHealth();
  const size = `${Math.ceil(store.size() / 1_048_576)} MB`;
  return [
    checkOf('settings', { state: 'ok', sentence: 'All settings are usable.' }),
    checkOf('data_directory', directoryFinding(resolve(config.DATA_DIR))),
    checkOf('admin_token', { state: 'ok', sentence: 'It is there.' }),
    checkOf('database', findingOf(database, `It is sound, and takes ${size}.`)),
    checkOf(
      'secret_key',
      secretKeyFinding(
        store.vault,
        bank.registry.all().map(({ id }) => id),
      ),
    ),
    checkOf('process', {
      state: 'ok',
      sentence: `Version ${version} runs, for ${spanText(Math.max(0, clock.now() - startedAt))} now.`,
    }),
  ];
}

/** Where the directory is not there although the bridge runs, no start will make good what is lost. */
function directoryFinding(directory: string): Finding {
  const found = examineDirectory(directory);
  if (found.state !== 'unknown') return found;
  const sentence = `${directory} is gone, although the bridge uses it. Stop the bridge, and bring the directory or a backup of it back.`;
  return { state: 'down', sentence };
}

/** An answer of the bank within this time shows that it is reached. */
const heardWithin = durations.minute;

/** Calls the bank only where none of the logins has heard of it just now, or the machine's clock has been set since. */
async function bankChecks(parts: CheckParts): Promise<readonly Check[]> {
  const { options, wallClock, bankClock, bank, knowledge } = parts;
  const { callBank, config, clock } = options;
  const lines = bank.registry.all().map(({ id }) => bank.registry.transport(id).health());
  const heard = Math.max(0, ...lines.map(({ lastAnswerAt }) => lastAnswerAt ?? 0));
  const isReached =
    clock.now() - heard < heardWithin &&
    lines.every(({ breaker }) => breaker === 'closed') &&
    !bankClock.isInDoubt();
  const asked = isReached
    ? null
    : await probeBank({ callBank, apiUrl: config.MONZO_API_URL, clock: wallClock });
  const told = asked !== null && asked.bankClock.now() !== null ? asked.bankClock : bankClock;
  const { host } = new URL(config.MONZO_API_URL);
  return [
    checkOf('clock', clockFinding(clock, told, knowledge())),
    checkOf('bank', asked ?? { state: 'ok', sentence: `Monzo answers at ${host}.` }),
  ];
}

async function addressCheck({ bank }: CheckParts): Promise<Check> {
  try {
    return checkOf('public_address', addressFinding(await bank.addressTest.findings()));
  } catch (thrown) {
    return checkOf('public_address', { state: 'unknown', sentence: messageOf(thrown) });
  }
}

interface PartOfHealth {
  readonly check: CheckName;
  /** The parts of the health that it is: the first that is not well, else the first. */
  readonly parts: readonly string[];
  readonly about?: string;
  /** What to say where a part is well and says nothing. */
  readonly well: string;
  /** What to say where there is no such part, which is no fault; without it nothing is said. */
  readonly absent?: string;
}

const partsOfHealth: readonly PartOfHealth[] = [
  { check: 'supervisor', parts: ['supervisor'], well: 'The Supervisor of Home Assistant answers.' },
  {
    check: 'broker',
    parts: ['mqtt', 'mqtt_integration'],
    well: 'The bridge is connected to the MQTT broker.',
    absent: noBroker,
  },
  {
    check: 'home_assistant',
    parts: ['home_assistant'],
    well: 'The bridge is connected to Home Assistant.',
    absent: noHomeAssistant,
  },
  { check: 'events', parts: ['mqtt_events'], about: 'MQTT', well: 'All are delivered.' },
  {
    check: 'events',
    parts: ['home_assistant_events'],
    about: 'Home Assistant',
    well: 'All are delivered.',
  },
  { check: 'accounts', parts: ['accounts'], well: 'Monzo shows every part of every account.' },
  { check: 'webhooks', parts: ['webhooks'], well: 'They are registered at Monzo.' },
];

function partChecks(health: readonly PartHealth[]): readonly Check[] {
  return partsOfHealth.flatMap(({ check, parts, about = null, well, absent }): readonly Check[] => {
    const found = health.filter(({ part }) => parts.includes(part));
    const [shown] = [...found.filter(({ state }) => state !== 'ok'), ...found];
    if (shown !== undefined) return [{ ...checkOf(check, findingOf(shown, well)), about }];
    return absent === undefined ? [] : [checkOf(check, { state: 'ok', sentence: absent })];
  });
}

function railsCheck({ health, money: { rails, moneyPause } }: CheckParts): Check {
  const trouble = health().find(({ part }) => part === 'money')?.sentence ?? null;
  return checkOf('rails', railsFinding(rails.document(), moneyPause.isPaused(), trouble));
}

function findingOf({ state, sentence }: PartHealth, well: string): Finding {
  return { state, sentence: sentence ?? well };
}
