import type { HealthState } from './view.ts';

/** What is looked at when something may be wrong, in this order: what comes first is what later ones depend on. */
export const checkNames = [
  'settings',
  'data_directory',
  'admin_token',
  'database',
  'secret_key',
  'process',
  'clock',
  'bank',
  'supervisor',
  'broker',
  'home_assistant',
  'events',
  'page',
  'public_address',
  'login',
  'accounts',
  'webhooks',
  'rails',
] as const;

export type CheckName = (typeof checkNames)[number];

/** `unknown`: it could not be looked at. */
export type CheckState = HealthState | 'unknown';

/** What a check has found. */
export interface Finding {
  readonly state: CheckState;
  /** What was found; where that is not well, what to do as well. */
  readonly sentence: string;
}

export interface Check extends Finding {
  readonly check: CheckName;
  /** Which one was looked at, where there are several: the name of a login, or of what receives events. */
  readonly about: string | null;
  /** What helps on the command line, in the order in which to use it. */
  readonly commands: readonly string[];
}

export function checkOf(check: CheckName, { state, sentence }: Finding): Check {
  return { check, about: null, state, sentence, commands: [] };
}

/** In the order of the names; those of one name stay as they are. */
export function inOrder(checks: readonly Check[]): readonly Check[] {
  return checks.toSorted((one, other) => checkNames.indexOf(one.check) - checkNames.indexOf(other.check));
}

/** Whether everything is well, something is wrong, or nothing is known to be wrong but not everything could be seen. */
export function verdictOf(checks: readonly Check[]): 'well' | 'wrong' | 'unknown' {
  if (checks.some(({ state }) => state !== 'ok' && state !== 'unknown')) return 'wrong';
  return checks.some(({ state }) => state === 'unknown') ? 'unknown' : 'well';
}

/** What is not set need not be; these say what it would give. */
export const noBroker =
  'No MQTT broker is set, so no devices appear in Home Assistant. Set MONZO_BRIDGE_MQTT_URL if you want them.';
export const noHomeAssistant =
  'No address and token of Home Assistant are set, so the bridge does not speak to it directly. Set MONZO_BRIDGE_HOME_ASSISTANT_URL and MONZO_BRIDGE_HOME_ASSISTANT_TOKEN if it should.';
