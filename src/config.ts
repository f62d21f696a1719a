import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { BridgeError } from './errors.ts';
import { durations, listEvery } from './limits.ts';

/** Where settings come from: the environment, and a way to read the files that `_FILE` variables name. */
export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

interface Setting<T> {
  /** Checks and converts the text; `undefined` means not set. */
  readonly schema: z.ZodType<T, string | undefined>;
  /** What a right value looks like, and an example, for the sentence that refuses a wrong one. */
  readonly shape: string;
  /** What it is for, in one sentence; for the documentation. */
  readonly meaning: string;
}

const orNull = (schema: z.ZodType<string, string>) =>
  schema.optional().transform((value): string | null => value ?? null);
const withDefault = (fallback: string, schema: z.ZodType<string, string> = z.string()) =>
  schema.default(fallback);
const oneOf = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  fallback: Values[number],
) => z.enum(values).default(fallback as never) as unknown as z.ZodType<Values[number], string | undefined>;
const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to);
const port = (fallback: number) =>
  wholeNumber(0, 65_535)
    .optional()
    .transform((value) => value ?? fallback);
const switchedOn = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .optional()
    .transform((value) => (value === undefined ? fallback : value === 'true'));
const url = (protocols: RegExp) => z.string().refine((value) => isUrl(value, protocols));
const webUrl = url(/^https?:$/);
const topic = z.string().regex(/^[^#+\s/\0]+(\/[^#+\s/\0]+)*$/);

function isUrl(value: string, protocols: RegExp): boolean {
  const parsed = URL.parse(value);
  return parsed !== null && protocols.test(parsed.protocol) && parsed.hostname !== '';
}

const webShape = 'an address such as http://homeassistant.local:8123, starting with http:// or https://';
const withoutSlash = <Url extends string | null>(schema: z.ZodType<Url, string | undefined>) =>
  schema.transform((value) => (value === null ? value : value.replace(/\/+$/, '')) as Url);

/** Every variable there is; the name is MONZO_BRIDGE_ and the key. The single source for checks and for docs/settings.md. */
export const settings = {
  DATA_DIR: {
    schema: withDefault('./data'),
    shape: 'a directory path',
    meaning:
      'Where the database and the keys live; created for its owner alone, and used by one process at a time.',
  },
  MQTT_URL: {
    schema: orNull(url(/^mqtts?:$/)),
    shape: 'an address such as mqtt://user:password@host:1883 or mqtts://host:8883',
    meaning:
      'The MQTT broker, percent-encoded where user or password hold special characters; without it no devices appear in Home Assistant.',
  },
  MQTT_BASE_TOPIC: {
    schema: withDefault('monzo', topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as monzo',
    meaning: 'The first part of every topic the bridge publishes.',
  },
  MQTT_DISCOVERY_PREFIX: {
    schema: withDefault('homeassistant', topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as homeassistant',
    meaning: 'Where Home Assistant looks for devices; change it only if you changed it there.',
  },
  MQTT_COMMANDS: {
    schema: oneOf(['off', 'read', 'write', 'money'], 'off'),
    shape: 'one of off, read, write, money',
    meaning:
      'What anyone on the broker may ask of the bridge, each word including the ones before: `read` opens refresh, `write` webhooks, feed items and notes, `money` moving money, over MQTT 5 only; pause is always open.',
  },
  MQTT_RETAIN_STATE: {
    schema: switchedOn(true),
    shape: 'true or false',
    meaning: 'Whether the broker keeps the last balances, on its disk too, for whoever subscribes later.',
  },
  MQTT_EVENT_DETAIL: {
    schema: oneOf(['full', 'minimal'], 'full'),
    shape: 'full or minimal',
    meaning: 'Whether the small event message names merchant, other party, description and notes.',
  },
  HOME_ASSISTANT_URL: {
    schema: withoutSlash(orNull(webUrl)),
    shape: webShape,
    meaning:
      'Where Home Assistant answers; used together with the token, for notices, its event bus, and the way in from Monzo.',
  },
  HOME_ASSISTANT_TOKEN: {
    schema: orNull(z.string().regex(/^\S+$/)),
    shape: 'a long-lived access token of an administrator, from your profile page in Home Assistant',
    meaning:
      'What the bridge signs in to Home Assistant with; without it the bridge reaches Home Assistant over MQTT alone.',
  },
  HOME_ASSISTANT_ACTIONS: {
    schema: oneOf(['ask', 'on', 'off'], 'ask'),
    shape: 'one of ask, on, off',
    meaning:
      'Whether the bridge creates its actions in Home Assistant, which makes Home Assistant write scripts.yaml anew, without its comments: `ask` waits until somebody agrees on the page.',
  },
  HOME_ASSISTANT_MONEY: {
    schema: oneOf(['nobody', 'administrators', 'everyone'], 'administrators'),
    shape: 'one of nobody, administrators, everyone',
    meaning:
      'Who may move money with the actions in Home Assistant; automations may wherever administrators may.',
  },
  UI_HOST: {
    schema: withDefault('127.0.0.1'),
    shape: 'a host name or address to listen on, such as 127.0.0.1',
    meaning:
      'Where the private listener listens: the page, the HTTP API, its description and the figures for Prometheus.',
  },
  UI_PORT: {
    schema: port(8099),
    shape: 'a port number from 0 to 65535, such as 8099',
    meaning: 'The port of the private listener; 0 takes a free one.',
  },
  PUBLIC_HOST: {
    schema: withDefault('127.0.0.1'),
    shape: 'a host name or address to listen on, such as 127.0.0.1',
    meaning: 'Where the public listener listens: the end of the sign-in, doorbells and a bare health check.',
  },
  PUBLIC_PORT: {
    schema: port(8098),
    shape: 'a port number from 0 to 65535, such as 8098',
    meaning: 'The port of the public listener; 0 takes a free one.',
  },
  PUBLIC_URL: {
    schema: withoutSlash(orNull(webUrl)),
    shape: 'the address Monzo can reach, such as https://bank.example.org',
    meaning:
      'How Monzo and browsers reach the public listener: where it is set, webhooks are registered there, and sign-ins come back there.',
  },
  ADMIN_TOKEN: {
    schema: orNull(z.string().regex(/^\S{8,}$/)),
    shape: 'a secret of at least 8 characters without spaces',
    meaning:
      'The bearer token of the HTTP API and the command line, which signs in to the page too; generated into the file `admin-token` of the data directory where it is not set.',
  },
  SECRET_KEY: {
    schema: orNull(z.string().regex(/^\S{16,}$/)),
    shape: 'a secret of at least 16 characters without spaces, best 64 random hexadecimal digits',
    meaning:
      'Encrypts the stored tokens; generated into the file `secret-key` of the data directory where it is not set, and best kept apart from copies of the database.',
  },
  MONZO_API_URL: {
    schema: withoutSlash(withDefault('https://api.monzo.com', webUrl)),
    shape: webShape,
    meaning: 'Monzo’s API; another address only makes sense for the simulated bank.',
  },
  MONZO_AUTH_URL: {
    schema: withDefault('https://auth.monzo.com/', webUrl),
    shape: webShape,
    meaning: 'Monzo’s sign-in page; another address only makes sense for the simulated bank.',
  },
  POLL_SECONDS: {
    schema: wholeNumber(1, 86_400)
      .optional()
      .transform((value): number | null => value ?? null),
    shape: 'a whole number of seconds from 1 to 86400, such as 120',
    meaning: `How often transactions are listed; where it is not set, every ${listEvery.withoutWebhooks / durations.second} seconds, or every ${listEvery.withWebhooks / durations.second} while Monzo’s webhooks work.`,
  },
  STALE_HOURS: {
    schema: z
      .string()
      .regex(/^\d{1,6}(\.\d{1,9})?$/)
      .default('6')
      .transform(Number)
      .refine((value) => value > 0),
    shape: 'a number of hours above 0, such as 6',
    meaning: 'After how long without an answer of the bank its entities become unavailable.',
  },
  TIME_ZONE: {
    schema: withDefault('Europe/London', z.string().refine(isTimeZone)),
    shape: 'a time zone such as Europe/London',
    meaning: 'The time zone whose days are meant, as in “spent today”.',
  },
  LOG_LEVEL: {
    schema: oneOf(['debug', 'info', 'warn', 'error'], 'info'),
    shape: 'one of debug, info, warn, error',
    meaning: 'The least important kind of line that is still logged.',
  },
  LOG_FORMAT: {
    schema: z
      .enum(['pretty', 'json'])
      .optional()
      .transform((value): 'pretty' | 'json' | null => value ?? null),
    shape: 'pretty or json',
    meaning: 'How lines are logged; where it is not set, pretty on a terminal and json elsewhere.',
  },
} as const satisfies Record<string, Setting<unknown>>;

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

type SettingName = keyof typeof settings;
export type Config = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };

const prefix = 'MONZO_BRIDGE_';

/**
 * Reads every setting once. Throws a BridgeError `bad_setting` whose one sentence names the variable, the shape of
 * a right value and the remedy; the value itself is never repeated, for it may be a secret.
 */
export function readConfig(source: ConfigSource): Config {
  const given = givenSettings(source);
  const entries = Object.entries(settings).map(([name, setting]) => {
    const result = (setting.schema as z.ZodType).safeParse(given.get(name));
    if (!result.success)
      throw badSetting(`${prefix}${name} must be ${setting.shape}; correct it or leave it out.`);
    return [name, result.data] as const;
  });
  return refuseContradictions(Object.fromEntries(entries) as unknown as Config);
}

/** The settings that differ from their defaults. */
export function chosenSettings(config: Config): ReadonlyMap<string, unknown> {
  const defaults = new Map(
    Object.entries(settings).map(([name, { schema }]) => [name, schema.safeParse(undefined).data]),
  );
  return new Map(Object.entries(config).filter(([name, value]) => value !== defaults.get(name)));
}

function refuseContradictions(config: Config): Config {
  if (config.HOME_ASSISTANT_TOKEN !== null && config.HOME_ASSISTANT_URL === null)
    throw badSetting(
      `${prefix}HOME_ASSISTANT_TOKEN is set without ${prefix}HOME_ASSISTANT_URL; set that to ${webShape}.`,
    );
  return config;
}

function givenSettings({ environment, readFile }: ConfigSource): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === undefined || value === '') continue;
    const { name, fromFile } = settingNamed(variable);
    if (given.has(name))
      throw badSetting(`${prefix}${name} and ${prefix}${name}_FILE are both set; remove one of them.`);
    given.set(name, fromFile ? contentOf(variable, () => readFile(value)) : value);
  }
  return given;
}

function settingNamed(variable: string): { name: SettingName; fromFile: boolean } {
  const name = variable.slice(prefix.length);
  const fromFile = name.endsWith('_FILE');
  const base = fromFile ? name.slice(0, -'_FILE'.length) : name;
  if (Object.hasOwn(settings, base)) return { name: base as SettingName, fromFile };
  const nearest = closest(base, Object.keys(settings));
  throw badSetting(
    `${variable} is not a setting; did you mean ${prefix}${nearest}${fromFile ? '_FILE' : ''}? Rename or remove it.`,
  );
}

/** The reason a file cannot be read quotes the path, and somebody may have put the secret itself there. */
function contentOf(variable: string, read: () => string): string {
  try {
    const content = read().trim();
    if (content !== '') return content;
  } catch {
    // Refused below, like an empty file.
  }
  throw badSetting(
    `${variable} must be the path of a readable file that holds the value; create the file or correct the path.`,
  );
}

function badSetting(sentence: string): BridgeError {
  return new BridgeError('bad_setting', sentence, { needsPerson: true });
}
