import { createMoneyPause, moneyHealth, railsFinding, storedRails } from '../commands/rails-store.ts';
import {
  checkOf,
  inOrder,
  noBroker,
  noHomeAssistant,
  type Check,
  type CheckName,
  type Finding,
} from '../domain/check.ts';
import { shownNames, type PartHealth } from '../domain/view.ts';
import { pageAddresses, pageFinding, systemMachine } from '../http/page-addresses.ts';
import { messageOf } from '../errors.ts';
import { createSecrets, silentLog } from '../log.ts';
import { secretKeyFinding } from '../logins/login-secrets.ts';
import { loginChecks, loginView } from '../logins/trouble.ts';
import { createBankConnections } from '../monzo/bank-connection.ts';
import { probeBank } from '../monzo/bank-probe.ts';
import { clockFinding } from '../monzo/clock-health.ts';
import { probeHomeAssistant } from '../outputs/home-assistant/home-assistant-client.ts';
import { probeBroker } from '../outputs/mqtt/broker-probe.ts';
import { keepsTrying } from '../outputs/output.ts';
import { markOf } from '../store/backup.ts';
import { databasePath, presentSecretKey } from '../store/directory.ts';
import { examineDatabase, type Stored, type Unread } from '../store/examination.ts';
import {
  brokerSource,
  connectSupervisor,
  homeAssistantAccess,
  supervisorOfApps,
} from '../supervisor/access.ts';
import type { CliOptions, Place } from './cli-session.ts';

/** What can be found without asking the bridge: in the data directory, and of what it would connect to. */
export async function stoppedChecks(
  options: CliOptions,
  place: Place,
  directory: Finding,
): Promise<readonly Check[]> {
  const isUsable = directory.state === 'ok' || directory.state === 'degraded';
  const [stored, bank, home] = await Promise.all([
    isUsable ? storedChecks(options, place) : unlooked(ofStored, 'the data directory comes first'),
    bankChecks(options, place),
    homeChecks(options, place),
  ]);
  const { UI_PORT: port, supervisor } = place.config;
  const machine = systemMachine(options.env);
  const page = pageAddresses({ config: place.config, isApp: supervisor !== null, machine, port });
  return inOrder([
    ...stored,
    ...bank,
    ...home,
    checkOf('page', {
      state: 'unknown',
      sentence: `Not tried. Where the bridge runs: ${pageFinding(page).sentence}`,
    }),
    ...unlooked(ofRunning, onlyBridge),
  ]);
}

const onlyBridge = 'only the bridge itself can tell, while it runs';
const ofRunning = ['public_address', 'accounts', 'webhooks'] as const;
const ofStored = ['database', 'secret_key', 'login', 'rails'] as const;
const ofRows = ['login', 'rails'] as const;

function unlooked(names: readonly CheckName[], why: string): readonly Check[] {
  return names.map((name) => checkOf(name, { state: 'unknown', sentence: `Not looked at: ${why}.` }));
}

const whyUnread: Readonly<Record<Unread, string>> = {
  not_there: 'there is no database yet',
  of_earlier_version: 'the next start upgrades the database first',
  not_sound: 'the database comes first',
};

async function storedChecks(options: CliOptions, place: Place): Promise<readonly Check[]> {
  const { config, dataDirectory: directory } = place;
  const key = presentKey(place);
  const read = (stored: Stored): readonly Check[] => {
    const { logins, settings, transfers } = stored;
    const ids = logins.all().flatMap(({ id, state }) => (state === 'removed' ? [] : [id]));
    const opening = key.bytes === null ? key.finding : secretKeyFinding(stored.vaultWith(key.bytes), ids);
    const moneyPause = createMoneyPause(settings, () => {});
    const { sentence } = moneyHealth({ moneyPause }, { transfers });
    return [
      checkOf('secret_key', key.isMissing && ids.length > 0 ? lostKey(directory) : opening),
      ...storedLogins(options, place, stored),
      checkOf('rails', railsFinding(storedRails(settings), moneyPause.isPaused(), sentence)),
    ];
  };
  const signal = AbortSignal.any([]);
  const timeZone = config.TIME_ZONE;
  const { state, sentence, read: found } = await examineDatabase({ directory, timeZone, signal, read });
  const database = checkOf('database', { state, sentence });
  if (typeof found !== 'string') return [database, ...found.value];
  const isTold = key.finding.state === 'down' || found === 'not_there';
  return [
    database,
    ...(isTold ? [checkOf('secret_key', key.finding)] : unlooked(['secret_key'], whyUnread[found])),
    ...unlooked(ofRows, whyUnread[found]),
  ];
}

/** What is stored of a login that worked says nothing about now. */
function storedLogins(
  { clock }: CliOptions,
  { config }: Place,
  { ledger, logins }: Stored,
): readonly Check[] {
  const names = shownNames(ledger.household());
  const nameOf = (accountId: string) => names.get(accountId) ?? accountId;
  const showing = { now: clock.now(), timeZone: config.TIME_ZONE, nameOf };
  const shown = logins.all().filter(({ state }) => state !== 'removed');
  return loginChecks(shown.map((login) => loginView(login, showing))).map((check) =>
    check.state === 'ok'
      ? {
          ...check,
          state: 'unknown',
          sentence: 'Not tried from here: it worked when the bridge last used it.',
        }
      : check,
  );
}

interface PresentKey {
  readonly bytes: Uint8Array | null;
  readonly isMissing: boolean;
  /** What is known before the database is read. */
  readonly finding: Finding;
}

/** The key that the next start would use. */
function presentKey({ config, dataDirectory: directory }: Place): PresentKey {
  const given = config.SECRET_KEY ?? markOf(databasePath(directory))?.secretKey ?? undefined;
  try {
    const bytes = presentSecretKey({ directory, given });
    const sentence = bytes === null ? 'There is none yet: the first start creates it.' : 'It is usable.';
    return { bytes, isMissing: bytes === null, finding: { state: 'ok', sentence } };
  } catch (thrown) {
    return { bytes: null, isMissing: false, finding: { state: 'down', sentence: messageOf(thrown) } };
  }
}

function lostKey(directory: string): Finding {
  const sentence = `The file secret-key is missing in ${directory}, and without it the stored secrets of the logins cannot be read. Put it back before the next start, which makes a new one; then each login needs its client secret and a new sign-in.`;
  return { state: 'needs_user', sentence };
}

async function bankChecks(options: CliOptions, { config }: Place): Promise<readonly Check[]> {
  const { clock, callBank = createBankConnections(clock) } = options;
  const found = await probeBank({ callBank, clock, apiUrl: config.MONZO_API_URL });
  const { state, sentence, bankClock } = found;
  return [checkOf('bank', { state, sentence }), checkOf('clock', clockFinding(clock, bankClock, null))];
}

async function homeChecks({ clock, supervisor }: CliOptions, { config }: Place): Promise<readonly Check[]> {
  const { random } = Math;
  const access = { config, clock, random, log: silentLog, secrets: createSecrets() };
  const given = { ...access, supervisor: supervisor ?? supervisorOfApps };
  const asked = connectSupervisor(given);
  const source = brokerSource(given, { supervisor: asked, connection: null });
  const home = homeAssistantAccess(given);
  const [broker, homeAssistant] = await Promise.all([
    source && probeBroker({ broker: source, clock, random }),
    home && probeHomeAssistant({ ...home, clock }),
    asked?.mqttService(AbortSignal.timeout(15_000)).catch(() => null),
  ]);
  const answered = asked?.health();
  await asked?.close();
  const receivers = [...(source ? ['MQTT'] : []), ...(home ? ['Home Assistant'] : [])];
  return [
    ...(answered ? [checkOf('supervisor', told(answered, 'The Supervisor of Home Assistant answers.'))] : []),
    checkOf('broker', broker ? told(broker, '') : { state: 'ok', sentence: noBroker }),
    checkOf(
      'home_assistant',
      homeAssistant ? told(homeAssistant, '') : { state: 'ok', sentence: noHomeAssistant },
    ),
    ...receivers.flatMap((about) => unlooked(['events'], onlyBridge).map((check) => ({ ...check, about }))),
  ];
}

/** Without the promise that a stopped bridge does not keep. */
function told({ state, sentence }: Omit<PartHealth, 'part'>, well: string): Finding {
  return { state, sentence: (sentence ?? well).replaceAll(` ${keepsTrying}`, '') };
}
