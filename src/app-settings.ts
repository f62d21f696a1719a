import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { BridgeError } from './errors.ts';

/** What stands for the environment where Home Assistant's Supervisor runs the bridge as an app. */

/** A setting as somebody gave it, and how to speak of it. */
export interface Given {
  readonly text: string;
  /** What a person knows it as. */
  readonly called: string;
  /** Where it is corrected, as the end of a sentence. */
  readonly remedy: string;
}

/** A user of the MQTT broker that a person names; the password is null where there is none. */
export interface BrokerUser {
  readonly username: string;
  readonly password: string | null;
}

export interface AppSettings {
  /** A secret that the Supervisor gives this app alone. */
  readonly token: string;
  /** Used in place of the one in the broker's address or of the Supervisor's; null where a person names none. */
  readonly brokerUser: BrokerUser | null;
  /** The settings that have other defaults in an app, by name. */
  readonly defaults: ReadonlyMap<string, Given>;
  /** The settings that a person has chosen in the app's options, by name. */
  readonly chosen: ReadonlyMap<string, Given>;
}

export interface AppSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/** The options in the app's Configuration tab, with the settings that they stand for. */
export const appOptions = {
  log_level: 'LOG_LEVEL',
  public_url: 'PUBLIC_URL',
  poll_seconds: 'POLL_SECONDS',
  mqtt_url: 'MQTT_URL',
  mqtt_username: null,
  mqtt_password: null,
} as const;

type OptionName = keyof typeof appOptions;

const names = Object.keys(appOptions) as readonly OptionName[];
const remedy = 'correct it or clear it in the app’s Configuration tab.';
const called = (name: OptionName) => `The option ${name}`;

/** The Supervisor mounts it, and keeps a backup of it. */
const dataDirectory = '/data';

/** Ports that the Supervisor opens lead to the container's own address, and its log is read by people. */
const usual = { DATA_DIR: dataDirectory, UI_HOST: '0.0.0.0', PUBLIC_HOST: '0.0.0.0', LOG_FORMAT: 'pretty' };

/**
 * Null where no Supervisor runs the bridge. Reads the options once. Throws `bad_setting` for a file that cannot be read or
 * understood, and for contradictions; values are checked as settings are.
 */
export function readAppSettings({ environment, readFile }: AppSource): AppSettings | null {
  const token = environment['SUPERVISOR_TOKEN'] ?? '';
  if (token === '') return null;
  const directory = environment['MONZO_BRIDGE_DATA_DIR'] || dataDirectory;
  const options = optionsIn(join(directory, 'options.json'), readFile);
  const zone = environment['TZ'] ?? '';
  const defaults = { ...usual, ...(tellsZone(zone) ? { TIME_ZONE: zone } : {}) };
  const chosen = names.flatMap((name): [string, Given][] => {
    const setting = appOptions[name];
    const text = options.get(name);
    return setting === null || text === undefined ? [] : [[setting, { text, called: called(name), remedy }]];
  });
  return {
    token,
    brokerUser: brokerUserIn(options),
    defaults: new Map(
      Object.entries(defaults).map(([name, text]) => [
        name,
        { text, called: `The default of ${name}`, remedy },
      ]),
    ),
    chosen: new Map(chosen),
  };
}

/** By `Temporal`: the first formatter of `Intl` takes 8 MB. */
export function isTimeZone(value: string): boolean {
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(value);
    // A whole timestamp would do as well.
    return /^[+-]\d\d(?::?\d\d)?$/.test(value) || timeZoneId.toLowerCase() === value.toLowerCase();
  } catch {
    return false;
  }
}

/** Home Assistant's zone, except where nobody has set one yet: then the Supervisor says UTC, which no home is in. */
function tellsZone(zone: string): boolean {
  return zone !== '' && !/^(Etc\/)?(UTC|GMT)$/i.test(zone) && isTimeZone(zone);
}

function brokerUserIn(options: ReadonlyMap<OptionName, string>): BrokerUser | null {
  const username = options.get('mqtt_username');
  const password = options.get('mqtt_password') ?? null;
  if (username !== undefined) return { username, password };
  if (password === null) return null;
  throw badOptions(`${called('mqtt_password')} is set without mqtt_username; set both, or clear it.`);
}

const optionsSchema = z.record(z.string(), z.unknown());
const optionSchema = z.union([z.string(), z.number()]).nullable();

/** What a person has set; empty texts are not set. A file that is not there sets nothing. */
function optionsIn(path: string, readFile: AppSource['readFile']): ReadonlyMap<OptionName, string> {
  const set = Object.entries(contentOf(path, readFile)).map(([key, value]): [OptionName, string] => {
    const name = optionNamed(key, path);
    const text = optionSchema.safeParse(value);
    if (!text.success) throw badOptions(`${called(name)} must be a text or a number; ${remedy}`);
    const given = String(text.data ?? '');
    // What was pasted into the form often has a space or a line end around it; a password may begin or end with one.
    return [name, name === 'mqtt_password' && given.trim() !== '' ? given : given.trim()];
  });
  return new Map(set.filter(([, text]) => text !== ''));
}

function optionNamed(key: string, path: string): OptionName {
  if (Object.hasOwn(appOptions, key)) return key as OptionName;
  const nearest = closest(key, [...names]);
  throw badOptions(
    `${path} holds ${JSON.stringify(key)}, which is no option of the app; did you mean ${nearest}? Save the app’s Configuration tab again.`,
  );
}

function contentOf(path: string, readFile: AppSource['readFile']): Readonly<Record<string, unknown>> {
  try {
    return optionsSchema.parse(JSON.parse(readFile(path)));
  } catch (thrown) {
    if (isMissing(thrown)) return {};
    throw badOptions(
      `${path}, which holds the app’s options, cannot be read or is damaged. Save the app’s Configuration tab again, and restart the app.`,
    );
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

function badOptions(sentence: string): BridgeError {
  return new BridgeError('bad_setting', sentence, { needsPerson: true });
}
