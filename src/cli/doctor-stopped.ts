import { createMoneyPause, moneyHealth, railsFinding, storedRails } from '../commands/rails-store.ts';
import { checkOf, inOrder, noBroker, noHomeAssistant, type Check, type Finding } from '../domain/check.ts';
import { shownNames, type PartHealth } from '../domain/view.ts';
import { pageAddresses, pageFinding, systemMachine } from '../http/page-addresses.ts';
import { createSecrets, silentLog } from '../log.ts';
import { loginChecks, loginView } from '../logins/trouble.ts';
import { createBankConnections } from '../monzo/bank-connection.ts';
import { probeBank } from '../monzo/bank-probe.ts';
import { clockFinding } from '../monzo/clock-health.ts';
import { probeHomeAssistant } from '../outputs/home-assistant/home-assistant-client.ts';
import { probeBroker } from '../outputs/mqtt/broker-probe.ts';
import { keepsTrying } from '../outputs/output.ts';
import { examineDatabase, examineDirectory, type Stored } from '../store/examination.ts';
import {
  brokerSource,
  connectSupervisor,
  homeAssistantAccess,
  supervisorOfApps,
} from '../supervisor/access.ts';
import type { CliOptions, Place } from './cli-session.ts';

/** What can be found without the running bridge: in the data directory, and of what it would connect to. */
export async function stoppedChecks(options: CliOptions, place: Place): Promise<readonly Check[]> {
  const directory = checkOf('data_directory', examineDirectory(place.dataDirectory));
  const [stored, bank, home] = await Promise.all([
    directory.state === 'down' ? unreadStored : storedChecks(options, place),
    bankChecks(options, place),
    homeChecks(options, place),
  ]);
  const { UI_PORT: port, supervisor } = place.config;
  const machine = systemMachine(options.env);
  const page = pageAddresses({ config: place.config, isApp: supervisor !== null, machine, port });
  return inOrder([
    directory,
    ...stored,
    ...bank,
    ...home,
    checkOf('page', pageFinding(page)),
    checkOf('public_address', onlyRunning),
    checkOf('webhooks', onlyRunning),
  ]);
}

const onlyRunning: Finding = { state: 'unknown', sentence: 'Only a running bridge can tell.' };

/** Where the data directory itself cannot be used, the database would only repeat that. */
const unreadStored = (['database', 'login', 'rails'] as const).map((name) =>
  checkOf(name, { state: 'unknown', sentence: 'Not looked at: the data directory comes first.' }),
);

async function storedChecks({ clock }: CliOptions, place: Place): Promise<readonly Check[]> {
  const { config, dataDirectory: directory } = place;
  const timeZone = config.TIME_ZONE;
  const read = ({ ledger, logins, settings, transfers }: Stored): readonly Check[] => {
    const names = shownNames(ledger.household());
    const nameOf = (accountId: string) => names.get(accountId) ?? accountId;
    const shown = logins.all().filter(({ state }) => state !== 'removed');
    const moneyPause = createMoneyPause(settings, () => {});
    const { sentence } = moneyHealth({ moneyPause }, { transfers });
    return [
      ...loginChecks(shown.map((login) => loginView(login, { now: clock.now(), timeZone, nameOf }))),
      checkOf('rails', railsFinding(storedRails(settings), moneyPause.isPaused(), sentence)),
    ];
  };
  const signal = AbortSignal.any([]);
  const { state, sentence, read: found } = await examineDatabase({ directory, timeZone, signal, read });
  const unread = (['login', 'rails'] as const).map((name) =>
    checkOf(name, { state: 'unknown', sentence: 'Not looked at: see the database.' }),
  );
  return [checkOf('database', { state, sentence }), ...(found ?? unread)];
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
  return [
    ...(answered ? [checkOf('supervisor', told(answered, 'The Supervisor of Home Assistant answers.'))] : []),
    checkOf('broker', broker ? told(broker, '') : { state: 'ok', sentence: noBroker }),
    checkOf(
      'home_assistant',
      homeAssistant ? told(homeAssistant, '') : { state: 'ok', sentence: noHomeAssistant },
    ),
  ];
}

/** Without the promise that a stopped bridge does not keep. */
function told({ state, sentence }: Omit<PartHealth, 'part'>, well: string): Finding {
  return { state, sentence: (sentence ?? well).replaceAll(` ${keepsTrying}`, '') };
}
