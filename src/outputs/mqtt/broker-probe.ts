import { withDeadline } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import { explainFailure, refusesVersion, type BrokerAddress, type BrokerSource } from './broker.ts';
import { openLink, type LinkEnd, type ProtocolVersion } from './link.ts';

export interface BrokerProbeOptions {
  readonly broker: BrokerSource;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
}

const patience = 15_000;

/** Connects to the broker once, publishes nothing and leaves again. Never throws. */
export async function probeBroker(options: BrokerProbeOptions): Promise<Omit<PartHealth, 'part'>> {
  const { broker, clock } = options;
  const late = () => new Error('it does not answer in time');
  let shown = '';
  try {
    return await withDeadline({ clock, ms: patience, late }, async (signal) => {
      const address = await broker.find(signal);
      shown = address.shown;
      const refused = await attempt(options, { address, version: 5, signal });
      const end =
        refused !== null && refusesVersion(refused.error)
          ? await attempt(options, { address, version: 4, signal })
          : refused;
      if (end === null) return { state: 'ok', sentence: `The MQTT broker at ${shown} lets the bridge in.` };
      return explainFailure({ broker: shown, words: broker.words, error: end.error });
    });
  } catch (thrown) {
    if (!(thrown instanceof BridgeError))
      return explainFailure({ broker: shown, words: broker.words, error: thrown });
    return { state: thrown.needsPerson ? 'needs_user' : 'down', sentence: messageOf(thrown) };
  }
}

interface Attempt {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly signal: AbortSignal;
}

/** Null where the broker let it in, else how the connection ended. */
async function attempt(
  { clock, random }: BrokerProbeOptions,
  { address, version, signal }: Attempt,
): Promise<LinkEnd | null> {
  const up = Promise.withResolvers<null>();
  const link = openLink({
    address,
    version,
    // Of its own: a broker ends the connection of whoever has the same one.
    clientId: `monzo-bridge-${Math.floor(random() * 2 ** 40).toString(16)}`,
    will: null,
    terms: { retains: true, qos: 1 },
    clock,
    onUp: () => up.resolve(null),
    onMessage: () => {},
  });
  const stop = () => link.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([up.promise, link.end]);
  } finally {
    signal.removeEventListener('abort', stop);
    link.close();
  }
}
