import { messageOf, type BridgeError } from '../../errors.ts';
import type { PartHealth } from '../../domain/view.ts';

/** The code of a failed connection: a number from the broker's CONNACK, a word from the network. */
export function codeOf(error: unknown): number | string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'number' || typeof error.code === 'string' ? error.code : null;
}

/** 1 is what a 3.1.1 broker says, 132 what a broker says that knows MQTT 5 and does not want it. */
export function refusesVersion(error: unknown): boolean {
  const code = codeOf(error);
  return code === 1 || code === 132;
}

/** Invalid topic name, invalid payload: a no to this packet, which will be the same tomorrow. */
const definite: ReadonlySet<number | string | null> = new Set([0x90, 0x99]);

/** Whether the broker's answer is about this very message, and not about us or about how the broker is. */
export function refusesThisMessage({ code, cause }: BridgeError): boolean {
  return code === 'mqtt_too_large' || definite.has(codeOf(cause));
}

interface Explanation {
  readonly state: 'needs_user' | 'down';
  readonly sentence: (broker: string) => string;
}

const badCredentials: Explanation = {
  state: 'needs_user',
  sentence: (broker) =>
    `The MQTT broker at ${broker} refuses the user name or password: check both in MONZO_BRIDGE_MQTT_URL.`,
};
const notAllowed: Explanation = {
  state: 'needs_user',
  sentence: (broker) =>
    `The MQTT broker at ${broker} does not let this user in: allow it there, or set another in MONZO_BRIDGE_MQTT_URL.`,
};
const unknownHost: Explanation = {
  state: 'needs_user',
  sentence: (broker) =>
    `The host name in ${broker} is not known: check MONZO_BRIDGE_MQTT_URL and the network.`,
};
const nobodyThere: Explanation = {
  state: 'down',
  sentence: (broker) =>
    `Nothing answers at ${broker}: is the MQTT broker running? It is tried again by itself.`,
};

const explanations: ReadonlyMap<number | string, Explanation> = new Map<number | string, Explanation>([
  [4, badCredentials],
  [134, badCredentials],
  [5, notAllowed],
  [135, notAllowed],
  [138, notAllowed],
  ['ENOTFOUND', unknownHost],
  ['EAI_AGAIN', unknownHost],
  ['ECONNREFUSED', nobodyThere],
  ['EHOSTUNREACH', nobodyThere],
  ['ENETUNREACH', nobodyThere],
  ['ETIMEDOUT', nobodyThere],
]);

const isCertificateTrouble = (code: number | string | null) =>
  typeof code === 'string' && /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO/.test(code);

/** Says why there is no connection. `error` is null when the broker hung up without a word. */
export function explainFailure(broker: string, error: unknown): Omit<PartHealth, 'part'> {
  const code = codeOf(error);
  const known = code === null ? undefined : explanations.get(code);
  if (known) return { state: known.state, sentence: known.sentence(broker) };
  if (isCertificateTrouble(code))
    return {
      state: 'needs_user',
      sentence: `The certificate of the MQTT broker at ${broker} is not trusted (${code}): give it one that this machine trusts.`,
    };
  const why = error === null ? 'it closed the connection' : messageOf(error);
  return {
    state: 'down',
    sentence: `No connection to the MQTT broker at ${broker} (${why}). It is tried again by itself.`,
  };
}
