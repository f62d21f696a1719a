import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { chosenSettings, readConfig, settings } from './config.ts';
import { BridgeError } from './errors.ts';

const read = (given: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) =>
  readConfig({
    environment: Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`MONZO_BRIDGE_${name}`, value]),
    ),
    readFile: (path) => files[path] ?? assert.fail(`ENOENT: no such file or directory, open '${path}'`),
  });

/** The refusal of some settings; fails where they are accepted. */
function refusalOf(...told: Parameters<typeof read>): BridgeError {
  try {
    read(...told);
  } catch (thrown) {
    if (thrown instanceof BridgeError) return thrown;
    throw thrown;
  }
  return assert.fail(`${JSON.stringify(told)} was accepted`);
}

describe('the default settings', () => {
  it('are these', () => {
    assert.deepEqual(read({}), {
      DATA_DIR: './data',
      MQTT_URL: null,
      MQTT_BASE_TOPIC: 'monzo',
      MQTT_DISCOVERY_PREFIX: 'homeassistant',
      MQTT_COMMANDS: 'off',
      MQTT_RESPONSE_PREFIX: null,
      MQTT_RETAIN_STATE: true,
      MQTT_EVENT_DETAIL: 'full',
      HOME_ASSISTANT_URL: null,
      HOME_ASSISTANT_TOKEN: null,
      HOME_ASSISTANT_STATUS_TOPIC: null,
      HOME_ASSISTANT_STATUS_PAYLOADS: null,
      HOME_ASSISTANT_ACTIONS: 'ask',
      HOME_ASSISTANT_MONEY: 'administrators',
      CA_CERTIFICATES: null,
      UI_HOST: '127.0.0.1',
      UI_HOSTS: [],
      UI_URL: null,
      UI_PORT: 8099,
      PUBLIC_HOST: '127.0.0.1',
      PUBLIC_PORT: 8098,
      METRICS_BALANCES: false,
      PUBLIC_URL: null,
      ADMIN_TOKEN: null,
      SECRET_KEY: null,
      MONZO_API_URL: 'https://api.monzo.com',
      MONZO_AUTH_URL: 'https://auth.monzo.com/',
      POLL_SECONDS: null,
      STALE_HOURS: 6,
      TIME_ZONE: 'Europe/London',
      LOG_LEVEL: 'info',
      LOG_FORMAT: null,
      supervisor: null,
    });
  });

  it('apply to empty variables too', () => {
    const empty = Object.fromEntries(
      Object.keys(settings).flatMap((name) => [
        [name, ''],
        [`${name}_FILE`, ''],
      ]),
    );
    assert.deepEqual(read(empty), read({}));
  });

  it('ignore variables of other programs', () => {
    const environment = { PATH: '/bin', MONZO_TOKEN: 'x', MONZO_BRIDGE_UI_PORT: undefined };
    assert.deepEqual(readConfig({ environment, readFile: () => assert.fail() }), read({}));
  });
});

describe('valid values', () => {
  const accepted: readonly (readonly [name: keyof typeof settings, text: string, value: unknown])[] = [
    ['DATA_DIR', '/data', '/data'],
    ['MQTT_URL', 'mqtt://alex:pa%20ss@broker:1883', 'mqtt://alex:pa%20ss@broker:1883'],
    ['MQTT_URL', 'mqtts://broker', 'mqtts://broker'],
    ['MQTT_BASE_TOPIC', 'home/bank', 'home/bank'],
    ['MQTT_COMMANDS', 'money', 'money'],
    ['MQTT_RETAIN_STATE', 'false', false],
    ['MQTT_RETAIN_STATE', 'true', true],
    ['MQTT_EVENT_DETAIL', 'minimal', 'minimal'],
    ['UI_URL', 'http://homeserver.local:8099/', 'http://homeserver.local:8099'],
    ['HOME_ASSISTANT_ACTIONS', 'off', 'off'],
    ['UI_PORT', '0', 0],
    ['UI_PORT', '65535', 65_535],
    ['PUBLIC_URL', 'https://example.org/bank//', 'https://example.org/bank'],
    ['UI_HOSTS', 'bank.example.org', ['bank.example.org']],
    ['UI_HOSTS', 'Bank.example.org , proxy.example.net', ['Bank.example.org', 'proxy.example.net']],
    ['ADMIN_TOKEN', 'x'.repeat(32), 'x'.repeat(32)],
    ['SECRET_KEY', 'x'.repeat(16), 'x'.repeat(16)],
    ['MONZO_API_URL', 'http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
    ['POLL_SECONDS', '1', 1],
    ['POLL_SECONDS', '86400', 86_400],
    ['STALE_HOURS', '0.002', 0.002],
    ['STALE_HOURS', '48', 48],
    ['TIME_ZONE', 'America/New_York', 'America/New_York'],
    ['LOG_LEVEL', 'debug', 'debug'],
    ['LOG_FORMAT', 'json', 'json'],
  ];
  for (const [name, text, value] of accepted)
    it(`${name}=${text}`, () => {
      assert.deepEqual(read({ [name]: text })[name], value);
    });
});

/** Values that must not appear in what is said about them. */
const wrong: readonly (readonly [name: keyof typeof settings, value: string])[] = [
  ['MQTT_URL', 'broker.example.org:1883'],
  ['MQTT_URL', 'http://alex:hunter2@broker'],
  ['MQTT_URL', 'mqtt://'],
  ['MQTT_URL', 'mqtt://alex:1#hunter2@broker'],
  ['MQTT_URL', 'mqtt://alex:1/hunter2@broker'],
  ['MQTT_URL', 'mqtt://broker/?clean=true'],
  ['MQTT_URL', 'mqtt://broker '],
  ['CA_CERTIFICATES', '/etc/ssl/own.pem'],
  ['CA_CERTIFICATES', '-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----'],
  ['CA_CERTIFICATES', '-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----'],
  ['MQTT_BASE_TOPIC', 'bank/#'],
  ['MQTT_BASE_TOPIC', '/bank'],
  ['MQTT_BASE_TOPIC', 'bank/'],
  ['MQTT_BASE_TOPIC', 'my//bank'],
  ['MQTT_BASE_TOPIC', 'my bank'],
  ['MQTT_DISCOVERY_PREFIX', 'a+b'],
  ['MQTT_COMMANDS', 'everything'],
  ['MQTT_COMMANDS', 'Money'],
  ['MQTT_RETAIN_STATE', 'yes'],
  ['MQTT_EVENT_DETAIL', 'some'],
  ['HOME_ASSISTANT_URL', 'homeassistant.local:8123'],
  ['HOME_ASSISTANT_URL', 'ws://homeassistant.local'],
  ['HOME_ASSISTANT_TOKEN', 'eyJ0 eXAi'],
  ['HOME_ASSISTANT_ACTIONS', 'maybe'],
  ['UI_PORT', '65536'],
  ['UI_PORT', '-1'],
  ['UI_PORT', '80.5'],
  ['PUBLIC_PORT', 'http'],
  ['PUBLIC_URL', 'bank.example.net'],
  ['PUBLIC_URL', 'https://bank.example.net/?a=b'],
  ['PUBLIC_URL', 'https://bank.example.net/?'],
  ['PUBLIC_URL', 'https://bank.example.net/#top'],
  ['PUBLIC_URL', 'https://alex:hunter2@bank.example.net'],
  ['PUBLIC_URL', 'https://alex@bank.example.net'],
  ['PUBLIC_URL', 'https://@bank.example.net'],
  ['PUBLIC_URL', 'https:/bank.example.net'],
  ['PUBLIC_URL', 'https:bank.example.net'],
  ['PUBLIC_URL', 'https:///bank.example.net'],
  ['PUBLIC_URL', 'https://bank.example.net\\bank'],
  ['PUBLIC_URL', ' https://bank.example.net'],
  ['PUBLIC_URL', 'https://bank.example.net/a b'],
  ['HOME_ASSISTANT_URL', 'http://homeassistant.local:8123/lovelace?kiosk'],
  ['HOME_ASSISTANT_URL', 'http://homeassistant.local:8123/#'],
  ['HOME_ASSISTANT_URL', 'http://alex:hunter2@homeassistant.local:8123'],
  ['UI_HOSTS', 'https://bank.example.net'],
  ['UI_HOSTS', 'bank.example.net:8099'],
  ['UI_HOSTS', 'bank.example.net,,'],
  ['UI_HOSTS', '*.example.net'],
  ['ADMIN_TOKEN', 'x'.repeat(31)],
  ['ADMIN_TOKEN', 'correct horse battery staple and more of the same'],
  ['SECRET_KEY', 'fifteen-letters'],
  ['MONZO_API_URL', 'ftp://api'],
  ['MONZO_AUTH_URL', 'auth.example.net'],
  ['POLL_SECONDS', '0'],
  ['POLL_SECONDS', '86401'],
  ['POLL_SECONDS', '2m'],
  ['STALE_HOURS', '0'],
  ['STALE_HOURS', '0.0'],
  ['STALE_HOURS', '-6'],
  ['STALE_HOURS', '1e3'],
  ['TIME_ZONE', 'Mars/Olympus'],
  ['LOG_LEVEL', 'verbose'],
  ['LOG_FORMAT', 'xml'],
];

describe('invalid values', () => {
  for (const [name, value] of wrong)
    it(`${name}=${value} is refused with its name, its shape and a remedy`, () => {
      const refusal = refusalOf({ [name]: value });
      assert.equal(refusal.code, 'bad_setting');
      assert.equal(refusal.needsPerson, true);
      assert.equal(
        refusal.message,
        `MONZO_BRIDGE_${name} must be ${settings[name].shape}; correct it or leave it out.`,
      );
      assert.doesNotMatch(refusal.message, /\n/);
    });

  it('are never repeated in the error, because they may be secrets', () => {
    const secret = 'hunter2 hunter2';
    for (const name of Object.keys(settings).filter((known) => !/_DIR|_HOST/.test(known)))
      assert.doesNotMatch(inspect(refusalOf({ [name]: secret }), { showHidden: true }), /hunter2/);
  });

  it('a token for Home Assistant without its address is refused', () => {
    const refusal = refusalOf({ HOME_ASSISTANT_TOKEN: 'hunter2hunter2' });
    assert.match(
      refusal.message,
      /^MONZO_BRIDGE_HOME_ASSISTANT_TOKEN is set without MONZO_BRIDGE_HOME_ASSISTANT_URL;/,
    );
    assert.doesNotMatch(inspect(refusal), /hunter2/);
    const both = {
      HOME_ASSISTANT_TOKEN: 'hunter2hunter2',
      HOME_ASSISTANT_URL: 'http://homeassistant.local:8123/',
    };
    assert.equal(read(both).HOME_ASSISTANT_TOKEN, 'hunter2hunter2');
    assert.equal(read(both).HOME_ASSISTANT_URL, 'http://homeassistant.local:8123');
  });

  it('an address of Home Assistant without a token is refused, because nothing would use it', () => {
    const { message } = refusalOf({ HOME_ASSISTANT_URL: 'http://homeassistant.local:8123' });
    assert.match(
      message,
      /^MONZO_BRIDGE_HOME_ASSISTANT_URL is set without MONZO_BRIDGE_HOME_ASSISTANT_TOKEN, .*long-lived.*MQTT only/,
    );
  });
});

describe('unknown variables', () => {
  const near: readonly (readonly [given: string, meant: string])[] = [
    ['MQTT_ULR', 'MQTT_URL'],
    ['POLL_SECOND', 'POLL_SECONDS'],
    ['TIMEZONE', 'TIME_ZONE'],
    ['SECRET_KEYS_FILE', 'SECRET_KEY_FILE'],
  ];
  for (const [given, meant] of near)
    it(`${given} is answered with ${meant}`, () => {
      assert.equal(
        refusalOf({ [given]: 'hunter2' }).message,
        `MONZO_BRIDGE_${given} is not a setting; did you mean MONZO_BRIDGE_${meant}? Rename or remove it.`,
      );
    });

  it('are not confused with members of every object', () => {
    assert.match(refusalOf({ constructor: 'x' }).message, /is not a setting/);
    assert.match(refusalOf({ __proto___FILE: 'x' }).message, /is not a setting/);
  });

  it('are ignored if empty', () => {
    assert.deepEqual(read({ MQTT_ULR: '' }), read({}));
  });
});

describe('values in files', () => {
  it('are read and trimmed', () => {
    const config = read(
      { SECRET_KEY_FILE: '/run/secrets/key' },
      { '/run/secrets/key': '0123456789abcdef\n' },
    );
    assert.equal(config.SECRET_KEY, '0123456789abcdef');
  });

  it('are checked like any other, and never repeated in the error', () => {
    const refusal = refusalOf(
      { ADMIN_TOKEN_FILE: '/run/secrets/token' },
      { '/run/secrets/token': 'hunter2' },
    );
    assert.match(refusal.message, /^MONZO_BRIDGE_ADMIN_TOKEN must be a secret of at least 32 characters/);
    assert.doesNotMatch(inspect(refusal), /hunter2/);
  });

  it('must be there', () => {
    const wanted =
      'MONZO_BRIDGE_DATA_DIR_FILE must be the path of a readable file that holds the value as UTF-8 text, written out: ';
    const refusal = refusalOf({ DATA_DIR_FILE: 'hunter2' });
    assert.ok(refusal.message.startsWith(wanted), refusal.message);
    assert.doesNotMatch(inspect(refusal), /hunter2/, 'a secret in the place of a path');
    assert.ok(refusalOf({ DATA_DIR_FILE: '/empty' }, { '/empty': ' \n' }).message.startsWith(wanted));
  });

  it('must be open to the user who runs the bridge, which is said without the path', () => {
    const readFile = () => assert.fail(Object.assign(new Error("open '/hunter2'"), { code: 'EACCES' }));
    const message = /may not read the file that MONZO_BRIDGE_SECRET_KEY_FILE names(?!.*hunter2)/;
    assert.throws(() => readConfig({ environment: { MONZO_BRIDGE_SECRET_KEY_FILE: '/hunter2' }, readFile }), {
      message,
    });
  });

  it('are refused together with the plain form, whichever comes first', () => {
    const sentence =
      'MONZO_BRIDGE_SECRET_KEY and MONZO_BRIDGE_SECRET_KEY_FILE are both set; remove one of them.';
    const files = { '/key': '0123456789abcdef' };
    assert.equal(refusalOf({ SECRET_KEY: 'x'.repeat(16), SECRET_KEY_FILE: '/key' }, files).message, sentence);
    assert.equal(refusalOf({ SECRET_KEY_FILE: '/key', SECRET_KEY: 'x'.repeat(16) }, files).message, sentence);
  });

  it('are not refused together with an empty plain form', () => {
    const config = read({ SECRET_KEY: '', SECRET_KEY_FILE: '/key' }, { '/key': '0123456789abcdef' });
    assert.equal(config.SECRET_KEY, '0123456789abcdef');
  });
});

const supervised = { SUPERVISOR_TOKEN: 'token-of-the-supervisor' } as const;

/** The settings of a Home Assistant app; `options` is what the Supervisor wrote, or its text. */
const inApp = (options?: object | string, environment: Readonly<Record<string, string>> = {}) =>
  readConfig({
    environment: { ...supervised, ...environment },
    readFile: (path) => {
      if (path !== '/data/options.json' || options === undefined)
        throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return typeof options === 'string' ? options : JSON.stringify(options);
    },
  });

const sentenceFor = (options: object | string) => {
  try {
    inApp(options);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return assert.fail(`${JSON.stringify(options)} was accepted`);
};

describe('the settings of a Home Assistant app', () => {
  it('know the Supervisor by its token', () => {
    assert.deepEqual(inApp().supervisor, { token: 'token-of-the-supervisor', brokerUser: null });
    assert.equal(inApp({}, { SUPERVISOR_TOKEN: '' }).supervisor, null);
  });

  it('need nothing from anyone', () => {
    const { DATA_DIR, UI_HOST, UI_PORT, PUBLIC_HOST, PUBLIC_PORT, LOG_FORMAT, TIME_ZONE } = inApp();
    assert.deepEqual([DATA_DIR, UI_HOST, UI_PORT], ['/data', '0.0.0.0', 8099]);
    assert.deepEqual([PUBLIC_HOST, PUBLIC_PORT, LOG_FORMAT], ['0.0.0.0', 8098, 'pretty']);
    assert.equal(TIME_ZONE, 'Europe/London');
  });

  it('are what a person chose in the options, whatever the image sets', () => {
    const options = {
      log_level: 'debug',
      public_url: 'https://bank.example.org',
      poll_seconds: 300,
      mqtt_url: 'mqtt://broker.lan',
      mqtt_username: 'bridge\n',
      mqtt_password: ' pass word',
    };
    const read = inApp(options, { MONZO_BRIDGE_LOG_LEVEL: 'warn' });
    assert.equal(read.LOG_LEVEL, 'debug');
    assert.equal(read.PUBLIC_URL, 'https://bank.example.org');
    assert.equal(read.POLL_SECONDS, 300);
    assert.equal(read.MQTT_URL, 'mqtt://broker.lan');
    assert.deepEqual(read.supervisor?.brokerUser, { username: 'bridge', password: ' pass word' });
    assert.equal(inApp({}, { MONZO_BRIDGE_LOG_LEVEL: 'warn' }).LOG_LEVEL, 'warn');
  });

  it('take empty options for none', () => {
    const empty = { log_level: '', public_url: ' ', poll_seconds: null, mqtt_url: '', mqtt_username: '' };
    assert.deepEqual(inApp({ ...empty, mqtt_password: '' }), inApp());
  });

  const wrong: readonly (readonly [object | string, RegExp])[] = [
    [
      { log_level: 'loud' },
      /^The option log_level must be one of debug, .*clear it in the app’s Configuration/,
    ],
    [{ public_url: 'bank.example.org' }, /^The option public_url must be the address/],
    [{ poll_seconds: 0 }, /^The option poll_seconds must be a whole number/],
    [{ poll_seconds: { a: 1 } }, /^The option poll_seconds must be a text or a number/],
    [{ mqtt_url: 'broker.lan:1883' }, /^The option mqtt_url must be an address such as mqtt:/],
    [{ mqtt_password: 'hunter2hunter2' }, /^The option mqtt_password is set without mqtt_username/],
    [{ poll_second: 10 }, /holds "poll_second", which is no option of the app; did you mean poll_seconds/],
    ['{"log_level"', /^\/data\/options\.json, .* cannot be read or is damaged/],
    ['[]', /cannot be read or is damaged/],
    ['', /cannot be read or is damaged/],
  ];
  for (const [options, sentence] of wrong)
    it(`refuse ${JSON.stringify(options)} by the option’s own name`, () => {
      const said = sentenceFor(options);
      assert.match(said, sentence);
      assert.doesNotMatch(said, /MONZO_BRIDGE_|hunter2/);
    });

  it('follow Home Assistant’s time zone, unless nobody has set one', () => {
    const zoneWith = (TZ: string, more = {}) => inApp({}, { TZ, ...more }).TIME_ZONE;
    assert.equal(zoneWith('Europe/Madrid'), 'Europe/Madrid');
    for (const none of ['UTC', 'Etc/UTC', 'Nowhere/Atlantis', ''])
      assert.equal(zoneWith(none), 'Europe/London', none);
    assert.equal(zoneWith('Europe/Madrid', { MONZO_BRIDGE_TIME_ZONE: 'Europe/Paris' }), 'Europe/Paris');
    assert.equal(
      readConfig({ environment: { TZ: 'Europe/Madrid' }, readFile: () => '' }).TIME_ZONE,
      'Europe/London',
    );
  });

  it('give no secret to what shows the chosen ones', () => {
    const chosen = chosenSettings(inApp({ mqtt_username: 'bridge', mqtt_password: 'hunter2hunter2' }));
    assert.doesNotMatch(JSON.stringify([...chosen]), /hunter2|token-of-the-supervisor/);
  });
});
