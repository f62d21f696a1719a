import { BridgeError, messageOf, tlsTroubleOf } from '../../errors.ts';
import type { PartHealth } from '../../domain/view.ts';
import { keepsTrying } from '../output.ts';

/** The parts of a broker's address. The password is only here and never in a sentence. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** For logs and people: scheme, host and port. */
  readonly shown: string;
}

/** Where the broker is, asked before each connection: another program may have moved it or changed its password. */
export interface BrokerSource {
  /** Throws a BridgeError whose sentence says why there is no broker, and whether a person must act. */
  readonly find: (signal: AbortSignal) => Promise<BrokerAddress>;
  readonly words: BrokerWords;
}

/** How sentences speak of a broker. */
export interface BrokerWords {
  /** Where a person sets its address. */
  readonly address: string;
  /** Where a person sets its user name and password. */
  readonly user: string;
  /** What to do about a certificate whose issuer is not trusted. */
  readonly distrust: string;
  /** Whether the Supervisor named the address, and the user, and not a person. */
  readonly isAddressOffered: boolean;
  readonly isUserOffered: boolean;
}

const wordsOfUrl: BrokerWords = {
  address: 'MONZO_BRIDGE_MQTT_URL',
  user: 'MONZO_BRIDGE_MQTT_URL',
  distrust: 'set MONZO_BRIDGE_CA_CERTIFICATES_FILE to the certificate of its issuer',
  isAddressOffered: false,
  isUserOffered: false,
};

/** The broker that a setting names. Throws `mqtt_url`. */
export function brokerAt(url: string): BrokerSource {
  const address = parseBrokerUrl(url);
  return { find: async () => address, words: wordsOfUrl };
}

const defaultPorts = { mqtt: 1883, mqtts: 8883 } as const;

/** Reads `mqtt://` or `mqtts://user:password@host:port`. Throws `mqtt_url`, without repeating the address. */
export function parseBrokerUrl(text: string): BrokerAddress {
  const url = URL.parse(text);
  const protocol = url?.protocol.slice(0, -1);
  if (!url || (protocol !== 'mqtt' && protocol !== 'mqtts') || url.hostname === '')
    throw new BridgeError(
      'mqtt_url',
      'The address of the MQTT broker must look like mqtt://user:password@host:1883, or mqtts:// with TLS.',
      { needsPerson: true },
    );
  return brokerAddress({
    protocol,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPorts[protocol] : Number(url.port),
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
  });
}

/** The same address with what is shown of it. */
export function brokerAddress(address: Omit<BrokerAddress, 'shown'>): BrokerAddress {
  const { protocol, host, port } = address;
  return { ...address, shown: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}` };
}

/** Every form of the password in a broker's address: decoded, as written and as a URL writes it. Throws `mqtt_url`. */
export function brokerPasswords(text: string): readonly string[] {
  const { password } = parseBrokerUrl(text);
  if (password === undefined) return [];
  const written = /^[^:]*:\/\/[^/?#:]*:([^/?#]*)@/.exec(text)?.[1] ?? '';
  return [password, written, URL.parse(text)?.password ?? ''];
}

/** One character as a URL encodes it: the bytes of its UTF-8. */
const encodedCharacter =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi;

/** Decodes percent-encoding. A percent sign that encodes nothing stands for itself: the address was typed as it is. */
function decoded(part: string): string {
  return part.replaceAll(encodedCharacter, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/** There is no connection. Nothing is queued: states are rendered again and events are offered again later. */
export function offline(): BridgeError {
  return new BridgeError('mqtt_offline', 'There is no connection to the MQTT broker.', { retryable: true });
}

/** A broker that names its largest packet closes the connection on a larger one. */
export function aboveLargest(largest: number): BridgeError {
  return tooLarge(
    `The MQTT broker takes no message above ${largest} bytes, and this one is larger: raise the broker’s max_packet_size.`,
  );
}

function tooLarge(sentence: string): BridgeError {
  return new BridgeError('mqtt_too_large', sentence, { needsPerson: true });
}

/** What Mosquitto answers to a message above its `message_size_limit`. */
export const packetTooLarge = 0x95;

/** What a broker takes: whether it keeps retained messages, and the highest quality of service. */
export interface Terms {
  readonly retains: boolean;
  readonly qos: 0 | 1;
}

export type Term = keyof Terms;

/** MQTT 5: the broker took the message, and nobody has subscribed to its topic. */
export const noSubscribers = 0x10;

/** A broker without retained messages, and one without QoS 1; the reason codes of MQTT 5. */
export const retainNotSupported = 0x9a;
export const qosNotSupported = 0x9b;

const terms: ReadonlyMap<number | string | null, Term> = new Map([
  [retainNotSupported, 'retains'],
  [qosNotSupported, 'qos'],
]);

/** What a broker refuses on principle, whatever the message; null where this error says nothing of the kind. */
export function refusedTerm(error: unknown): Term | null {
  const cause = error instanceof BridgeError ? error.cause : error;
  return terms.get(codeOf(cause)) ?? null;
}

/** The broker ended the connection with a reason. */
export function endedWith(reasonCode: number): Error {
  return Object.assign(new Error(`it ended the connection with the reason code ${reasonCode}`), {
    code: reasonCode,
  });
}

/** Only an error with a reason code is the broker's own answer; every other one is the end of the connection. */
export function answerError(error: Error): BridgeError {
  const code = codeOf(error);
  if (typeof code !== 'number') return offline();
  if (code === packetTooLarge)
    return tooLarge(
      'The MQTT broker takes no message as large as this one: raise what it allows (message_size_limit in Mosquitto).',
    );
  return new BridgeError('mqtt_refused', `The MQTT broker refuses the message (${error.message}).`, {
    needsPerson: true,
    cause: error,
  });
}

/** The code of a failed connection: a number from the broker's CONNACK, a word from the network. */
function codeOf(error: unknown): number | string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'number' || typeof error.code === 'string' ? error.code : null;
}

/** 1 is the answer of a broker with 3.1.1 only; 132 of one that knows MQTT 5 and does not allow it. */
export function refusesVersion(error: unknown): boolean {
  const code = codeOf(error);
  return code === 1 || code === 132;
}

/** Invalid topic name and invalid payload: the broker will refuse the same message again. */
const definite: ReadonlySet<number | string | null> = new Set([0x90, 0x99]);

/** Whether the broker's answer is about this message, and not about the bridge or the broker. */
export function refusesThisMessage({ code, cause }: BridgeError): boolean {
  return code === 'mqtt_too_large' || definite.has(codeOf(cause));
}

interface Explanation {
  readonly state: 'needs_user' | 'down';
  readonly sentence: (broker: string, words: BrokerWords) => string;
  /** Where the Supervisor offered it: the bridge asks again, so that a person need not act. */
  readonly offered?: {
    readonly what: 'isAddressOffered' | 'isUserOffered';
    readonly sentence: (broker: string) => string;
  };
}

const refusedOffer = {
  what: 'isUserOffered',
  sentence: (broker) =>
    `The MQTT broker at ${broker} refuses the user and password that the Supervisor names. The bridge asks for them again; if this lasts, restart the broker’s app.`,
} as const satisfies Explanation['offered'];

const badCredentials: Explanation = {
  state: 'needs_user',
  sentence: (broker, { user }) =>
    `The MQTT broker at ${broker} refuses the user name or password: check both in ${user}.`,
  offered: refusedOffer,
};
const notAllowed: Explanation = {
  state: 'needs_user',
  sentence: (broker, { user }) =>
    `The MQTT broker at ${broker} does not let this user in: allow it there, or set another in ${user}.`,
  offered: refusedOffer,
};
const unknownHost: Explanation = {
  state: 'needs_user',
  sentence: (broker, { address }) =>
    `The host name in ${broker} is not known: check ${address} and the network.`,
  offered: {
    what: 'isAddressOffered',
    sentence: (broker) =>
      `The MQTT broker at ${broker}, which the Supervisor names, is not there: start the broker’s app. ${keepsTrying}`,
  },
};
const noAnswer: Explanation = {
  state: 'down',
  sentence: (broker) => `Nothing answers at ${broker}. Is the MQTT broker running? ${keepsTrying}`,
};

const explanations: ReadonlyMap<number | string, Explanation> = new Map<number | string, Explanation>([
  [4, badCredentials],
  [134, badCredentials],
  [5, notAllowed],
  [135, notAllowed],
  [138, notAllowed],
  ['ENOTFOUND', unknownHost],
  ['EAI_AGAIN', unknownHost],
  ['ECONNREFUSED', noAnswer],
  ['EHOSTUNREACH', noAnswer],
  ['ENETUNREACH', noAnswer],
  ['ETIMEDOUT', noAnswer],
]);

const untrusted = {
  name: ({ address }) =>
    `names another host: use one that it names in ${address}, or give the broker a new one.`,
  expired: () => 'has expired or is not valid yet: renew it, and check the clock of this machine.',
  issuer: ({ distrust }) => `is not trusted: ${distrust}.`,
} as const satisfies Readonly<Record<string, (words: BrokerWords) => string>>;

const notTls = (broker: string, { address }: BrokerWords) =>
  `The MQTT broker at ${broker} does not speak TLS on this port, which usually is mqtt:// with port 1883: check scheme and port in ${address}.`;

/** A failed attempt; `error` is null where the broker closed the connection without a reason. */
export interface FailedAttempt {
  /** As it is shown. */
  readonly broker: string;
  readonly words: BrokerWords;
  readonly error: unknown;
}

/** Says why there is no connection. */
export function explainFailure({ broker, words, error }: FailedAttempt): Omit<PartHealth, 'part'> {
  const code = codeOf(error);
  const known = code === null ? undefined : explanations.get(code);
  if (known?.offered && words[known.offered.what])
    return { state: 'down', sentence: known.offered.sentence(broker) };
  if (known) return { state: known.state, sentence: known.sentence(broker, words) };
  const isTls = broker.startsWith('mqtts:');
  const trouble = tlsTroubleOf(code);
  if (trouble === 'not_tls' || (isTls && code === 'ECONNRESET'))
    return { state: 'needs_user', sentence: notTls(broker, words) };
  if (trouble !== null)
    return {
      state: 'needs_user',
      sentence: `The certificate of the MQTT broker at ${broker} ${untrusted[trouble](words)} (${code})`,
    };
  const reason = error === null ? 'it closed the connection' : messageOf(error);
  const scheme = isTls
    ? ''
    : ' Where it expects TLS, the address begins with mqtts:// and the port is usually 8883.';
  return {
    state: 'down',
    sentence: `There is no connection to the MQTT broker at ${broker} (${reason}). Check that a broker listens there, and not another program.${scheme} ${keepsTrying}`,
  };
}
