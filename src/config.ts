import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { isTimeZone, readAppSettings, type AppSettings, type Given } from './app-settings.ts';
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
  /** What a valid value looks like, with an example, for the sentence that refuses an invalid one. */
  readonly shape: string;
  /** What it is for; for the documentation. */
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
const brokerUrl = z.string().refine((value) => {
  const parsed = URL.parse(value);
  if (parsed === null || !/^mqtts?:$/.test(parsed.protocol) || parsed.hostname === '') return false;
  // Where a password is not encoded, it may have become a path or a fragment, and the user name the host.
  const place = value.slice(value.lastIndexOf('@') + 1);
  return /^\/?$/.test(parsed.pathname) && !/[?#]/.test(value) && !/\s/.test(place);
});
/** Paths are put behind it, and other programs are given it as it stands; a password in it would be shown and logged. */
const webUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/?#\\@]+(\/[^\s?#\\]*)?$/i)
  .refine((value) => URL.canParse(value));
const noNames: readonly string[] = [];
const hostNames = z
  .string()
  .regex(/^\s*[\w-]+(\.[\w-]+)*(\s*,\s*[\w-]+(\.[\w-]+)*)*\s*$/)
  .optional()
  .transform((value): readonly string[] => value?.split(',').map((name) => name.trim()) ?? noNames);
const topic = z.string().regex(/^(?!\$)[^#+\s/\p{Cc}]+(\/[^#+\s/\p{Cc}]+)*$/u);
const payloads = z
  .string()
  .regex(/^[^,]*[^,\s][^,]*,[^,]*[^,\s][^,]*$/)
  .refine((value) => new Set(value.split(',').map((payload) => payload.trim().toLowerCase())).size === 2)
  .optional()
  .transform((value): readonly [birth: string, will: string] | null => {
    const [birth = '', will = ''] = value?.split(',').map((payload) => payload.trim()) ?? [];
    return value === undefined ? null : [birth, will];
  });

/** A shell replaces these before a program sees them; `.env` and containers do not. A directory of such a name is `./~`. */
const writtenOut = /^(?!~|.*\$\{?\w|.*%\w+%)/;

const bare = 'without query, fragment, user name, password and spaces';
const webShape = `an address such as http://homeassistant.local:8123, starting with http:// or https://, ${bare}`;
const withoutSlash = <Url extends string | null>(schema: z.ZodType<Url, string | undefined>) =>
  schema.transform((value) => (value === null ? value : value.replace(/\/+$/, '')) as Url);

/** Every setting; its variable is MONZO_BRIDGE_ and the key. docs/settings.md is generated from it. */
export const settings = {
  DATA_DIR: {
    schema: withDefault('./data', z.string().regex(writtenOut)),
    shape: 'a directory path, written out: ~, $HOME and other variables are not replaced',
    meaning:
      'The directory of the database and the keys. It is created so that only its owner can read it; one process uses it at a time.',
  },
  MQTT_URL: {
    schema: orNull(brokerUrl),
    shape:
      'an address such as mqtt://user:password@host:1883 or mqtts://host:8883, without a path, and with special characters percent-encoded (# is %23)',
    meaning:
      'The MQTT broker. Special characters in the user name and password must be percent-encoded. Without it no devices appear in Home Assistant.',
  },
  MQTT_BASE_TOPIC: {
    schema: withDefault('monzo', topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as monzo',
    meaning: 'The first part of every topic the bridge publishes.',
  },
  MQTT_DISCOVERY_PREFIX: {
    schema: withDefault('homeassistant', topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as homeassistant',
    meaning:
      'The topic prefix where Home Assistant looks for devices. Change it only if you changed it in Home Assistant.',
  },
  MQTT_COMMANDS: {
    schema: oneOf(['off', 'read', 'write', 'money'], 'off'),
    shape: 'one of off, read, write, money',
    meaning:
      'The commands that are accepted over MQTT, from anyone on the broker. `read` allows refresh, and reading balances and transactions; `write` also allows webhooks, feed items and notes; `money` also allows moving money, over MQTT 5 only. Pause is always allowed.',
  },
  MQTT_RESPONSE_PREFIX: {
    schema: orNull(topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as my-program/responses',
    meaning:
      'The topic below which a program may name its own MQTT 5 response topic, beside those below `bridge/response`. Any other response topic is ignored. Choose one that no other program takes commands from.',
  },
  MQTT_RETAIN_STATE: {
    schema: switchedOn(true),
    shape: 'true or false',
    meaning: 'Whether the broker retains the latest balances, also on its disk, for later subscribers.',
  },
  MQTT_EVENT_DETAIL: {
    schema: oneOf(['full', 'minimal'], 'full'),
    shape: 'full or minimal',
    meaning: 'Whether the small event message includes merchant, other party, description and notes.',
  },
  HOME_ASSISTANT_URL: {
    schema: withoutSlash(orNull(webUrl)),
    shape: webShape,
    meaning:
      'The address of Home Assistant. With the token it is used for notices, the event bus and Monzo’s webhooks; without one it is refused.',
  },
  HOME_ASSISTANT_TOKEN: {
    schema: orNull(z.string().regex(/^\S+$/)),
    shape: 'a long-lived access token of an administrator, from your profile page in Home Assistant',
    meaning:
      'The token that the bridge signs in to Home Assistant with. Without it the bridge reaches Home Assistant over MQTT only.',
  },
  HOME_ASSISTANT_STATUS_TOPIC: {
    schema: orNull(topic),
    shape: 'a topic without spaces, #, + or a slash at its ends, such as homeassistant/status',
    meaning:
      'The topic of Home Assistant’s birth and will messages, as set in its MQTT options. If it is not set, the bridge reads it from Home Assistant with the token; without one, or where it cannot be read, it is `homeassistant/status`.',
  },
  HOME_ASSISTANT_STATUS_PAYLOADS: {
    schema: payloads,
    shape: 'the payloads of the birth and the will message, separated by a comma, such as online,offline',
    meaning:
      'What Home Assistant’s birth and will messages say, if that was changed in its MQTT options. If it is not set, the bridge reads it like the topic; otherwise it is `online,offline`.',
  },
  HOME_ASSISTANT_ACTIONS: {
    schema: oneOf(['ask', 'on', 'off'], 'ask'),
    shape: 'one of ask, on, off',
    meaning:
      'Whether the bridge creates its actions in Home Assistant. This makes Home Assistant rewrite scripts.yaml, which loses comments, so `ask` waits until a person agrees on the page.',
  },
  HOME_ASSISTANT_MONEY: {
    schema: oneOf(['nobody', 'administrators', 'everyone'], 'administrators'),
    shape: 'one of nobody, administrators, everyone',
    meaning:
      'Who can move money with the actions in Home Assistant. Automations can wherever administrators can.',
  },
  CA_CERTIFICATES: {
    schema: orNull(
      z.string().regex(/^-----BEGIN CERTIFICATE-----\s*\n[\w+/=\s]+\n-----END CERTIFICATE-----/m),
    ),
    shape:
      'certificates in PEM format, with -----BEGIN CERTIFICATE----- on a line of its own; most easily with the _FILE form',
    meaning:
      'Certificate authorities of your own that are trusted beside those of the system, for a broker or a Home Assistant with a certificate of yours.',
  },
  UI_HOST: {
    schema: withDefault('127.0.0.1'),
    shape: 'a host name or address to listen on, such as 127.0.0.1',
    meaning:
      'The address of the private listener, which serves the page, the HTTP API and the Prometheus metrics. `0.0.0.0` opens it to the devices in your network.',
  },
  UI_HOSTS: {
    schema: hostNames,
    shape:
      'host names separated by commas, without http:// and port, such as bank.example.org,bridge.example.net',
    meaning:
      'Further host names under which browsers reach the page, such as that of a reverse proxy. IP addresses, names without a dot, and names that end in `.local`, `.home.arpa` or `.internal` always work.',
  },
  UI_URL: {
    schema: withoutSlash(orNull(webUrl)),
    shape: `an address such as http://192.168.1.20:8099 or https://bank.example.org, ${bare}`,
    meaning:
      'The address at which browsers reach the page, for the links in Home Assistant and those that sign in. If it is not set, they use `UI_HOST`, or the machine’s name and addresses where the listener is on all of them; in a container, and behind a reverse proxy, set it.',
  },
  UI_PORT: {
    schema: port(8099),
    shape: 'a port number from 0 to 65535, such as 8099',
    meaning: 'The port of the private listener; 0 picks a free one.',
  },
  METRICS_BALANCES: {
    schema: switchedOn(false),
    shape: 'true or false',
    meaning:
      'Whether the metrics for Prometheus show the balance of each account and pot. Whoever reads the metrics then sees them.',
  },
  PUBLIC_HOST: {
    schema: withDefault('127.0.0.1'),
    shape: 'a host name or address to listen on, such as 127.0.0.1',
    meaning:
      'The address of the public listener, which receives Monzo’s webhooks and the end of a sign-in, and answers a bare health check.',
  },
  PUBLIC_PORT: {
    schema: port(8098),
    shape: 'a port number from 0 to 65535, such as 8098',
    meaning: 'The port of the public listener; 0 picks a free one.',
  },
  PUBLIC_URL: {
    schema: withoutSlash(orNull(webUrl)),
    shape: `the address Monzo can reach, such as https://bank.example.org, ${bare}`,
    meaning:
      'The address at which Monzo and browsers reach the public listener. If it is set, webhooks are registered there, and sign-ins return there.',
  },
  ADMIN_TOKEN: {
    schema: orNull(z.string().regex(/^\S{32,}$/)),
    shape: 'a secret of at least 32 characters without spaces, such as the output of `openssl rand -hex 32`',
    meaning:
      'The bearer token of the HTTP API and the command line; it also signs in to the page. If it is not set, one is generated in the file `admin-token` in the data directory.',
  },
  SECRET_KEY: {
    schema: orNull(z.string().regex(/^\S{16,}$/)),
    shape: 'a secret of at least 16 characters without spaces, best 64 random hexadecimal digits',
    meaning:
      'Encrypts the stored tokens. If it is not set, one is generated in the file `secret-key` in the data directory. Keep it apart from copies of the database.',
  },
  MONZO_API_URL: {
    schema: withoutSlash(withDefault('https://api.monzo.com', webUrl)),
    shape: webShape,
    meaning: 'The address of Monzo’s API. Change it only for the simulated bank.',
  },
  MONZO_AUTH_URL: {
    schema: withDefault('https://auth.monzo.com/', webUrl),
    shape: webShape,
    meaning: 'The address of Monzo’s sign-in page. Change it only for the simulated bank.',
  },
  POLL_SECONDS: {
    schema: wholeNumber(1, 86_400)
      .optional()
      .transform((value): number | null => value ?? null),
    shape: 'a whole number of seconds from 1 to 86400, such as 120',
    meaning: `How often transactions are listed. If it is not set: every ${listEvery.withoutWebhooks / durations.second} seconds, or every ${listEvery.withWebhooks / durations.second} seconds while Monzo’s webhooks work.`,
  },
  STALE_HOURS: {
    schema: z
      .string()
      .regex(/^\d{1,6}(\.\d{1,9})?$/)
      .default('6')
      .transform(Number)
      .refine((value) => value > 0),
    shape: 'a number of hours above 0, such as 6',
    meaning: 'The time without an answer from Monzo after which entities become unavailable.',
  },
  TIME_ZONE: {
    schema: withDefault('Europe/London', z.string().refine(isTimeZone)),
    shape: 'a time zone such as Europe/London',
    meaning:
      'The time zone of days and months in sums, charts and limits. “Spent today” follows Monzo’s own day, which begins at about 04:00 in London.',
  },
  LOG_LEVEL: {
    schema: oneOf(['debug', 'info', 'warn', 'error'], 'info'),
    shape: 'one of debug, info, warn, error',
    meaning: 'The lowest level that is logged.',
  },
  LOG_FORMAT: {
    schema: z
      .enum(['pretty', 'json'])
      .optional()
      .transform((value): 'pretty' | 'json' | null => value ?? null),
    shape: 'pretty or json',
    meaning: 'The format of the log. If it is not set: pretty on a terminal, json elsewhere.',
  },
} as const satisfies Record<string, Setting<unknown>>;

type SettingName = keyof typeof settings;
type Settings = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> };

/** What Home Assistant's Supervisor gives the bridge as one of its apps, beside settings. */
export type SupervisorAccess = Pick<AppSettings, 'token' | 'brokerUser'>;

export interface Config extends Settings {
  /** Null where the bridge is no Home Assistant app. */
  readonly supervisor: SupervisorAccess | null;
}

const prefix = 'MONZO_BRIDGE_';
const remedy = 'correct it or leave it out.';
const unset = { text: undefined, called: '', remedy };

/**
 * Reads every setting once: in a Home Assistant app what a person chose in its options wins. Throws a BridgeError `bad_setting` that names the variable or option, what a valid
 * value looks like and what to do. It never repeats the value, which may be a secret.
 */
export function readConfig(source: ConfigSource): Config {
  const app = readAppSettings(source);
  const given = new Map([...(app?.defaults ?? []), ...givenSettings(source), ...(app?.chosen ?? [])]);
  const entries = Object.entries(settings).map(([name, setting]) => {
    const { text, called, remedy } = given.get(name) ?? unset;
    if (isGarbled(text ?? ''))
      throw badSetting(`${called} is not valid UTF-8 text; write it again in UTF-8.`);
    const result = (setting.schema as z.ZodType).safeParse(text);
    if (!result.success) throw badSetting(`${called} must be ${setting.shape}; ${remedy}`);
    return [name, result.data] as const;
  });
  const read = Object.fromEntries(entries) as unknown as Settings;
  const supervisor = app && { token: app.token, brokerUser: app.brokerUser };
  return { ...refuseContradictions(read), supervisor };
}

/** Node puts U+FFFD for every byte that is not UTF-8, so that two different values become one. */
function isGarbled(value: string): boolean {
  return !value.isWellFormed() || value.includes('\u{FFFD}');
}

/** The settings that differ from their defaults, without what the Supervisor gave. */
export function chosenSettings(config: Config): ReadonlyMap<string, unknown> {
  const names = Object.keys(settings) as readonly SettingName[];
  const isChosen = (name: SettingName) => config[name] !== settings[name].schema.safeParse(undefined).data;
  return new Map(names.filter(isChosen).map((name) => [name, config[name]]));
}

const allAddresses: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function refuseContradictions(config: Settings): Settings {
  const { UI_HOST, UI_PORT, PUBLIC_HOST, PUBLIC_PORT } = config;
  const isSharedHost = UI_HOST === PUBLIC_HOST || allAddresses.has(UI_HOST) || allAddresses.has(PUBLIC_HOST);
  if (UI_PORT === PUBLIC_PORT && UI_PORT !== 0 && isSharedHost)
    throw badSetting(
      `${prefix}UI_PORT and ${prefix}PUBLIC_PORT are the same port, but each listener needs its own; change one of them.`,
    );
  if (config.HOME_ASSISTANT_TOKEN !== null && config.HOME_ASSISTANT_URL === null)
    throw badSetting(
      `${prefix}HOME_ASSISTANT_TOKEN is set without ${prefix}HOME_ASSISTANT_URL; set that to ${webShape}.`,
    );
  if (config.HOME_ASSISTANT_URL !== null && config.HOME_ASSISTANT_TOKEN === null)
    throw badSetting(
      `${prefix}HOME_ASSISTANT_URL is set without ${prefix}HOME_ASSISTANT_TOKEN, and the bridge uses the address only with a token; set that to ${settings.HOME_ASSISTANT_TOKEN.shape}, or remove the address to reach Home Assistant over MQTT only.`,
    );
  return config;
}

function givenSettings({ environment, readFile }: ConfigSource): ReadonlyMap<string, Given> {
  const given = new Map<string, Given>();
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === undefined || value === '') continue;
    const { name, fromFile } = settingNamed(variable);
    if (given.has(name))
      throw badSetting(`${prefix}${name} and ${prefix}${name}_FILE are both set; remove one of them.`);
    const text = fromFile ? contentOf(variable, () => readFile(value)) : value;
    given.set(name, { text, called: `${prefix}${name}`, remedy });
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

/** The system's own reason quotes the path, which may be the secret itself, put into the wrong variable. */
function contentOf(variable: string, read: () => string): string {
  try {
    const content = read().trim();
    if (content !== '') return content;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES')
      throw badSetting(
        `The user who runs the bridge may not read the file that ${variable} names; give it to that user. In a container that is user 1000, or the one of --user: chown 1000 <file>.`,
      );
    // Refused below, like an empty file.
  }
  throw badSetting(
    `${variable} must be the path of a readable file that holds the value as UTF-8 text, written out: ~, $HOME and other variables are not replaced; create the file or correct the path.`,
  );
}

function badSetting(sentence: string): BridgeError {
  return new BridgeError('bad_setting', sentence, { needsPerson: true });
}
