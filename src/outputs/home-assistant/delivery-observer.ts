import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/health.ts';
import type { Instant } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import { afterStart, proof } from '../../limits.ts';
import type { DeliveryObserver, OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import type { Session } from './session.ts';

export interface DeliveryObserverOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  /** Which of Home Assistant's event entities are looked at, by unique id. */
  readonly watches: (uniqueId: string) => boolean;
}

/** The observer, and what keeps its entities from proving anything. */
export interface EntityObserver extends DeliveryObserver {
  /** Entities that stay silent although they are available. */
  trouble(): Omit<PartHealth, 'part'> | null;
}

interface Sight {
  readonly uniqueId: string;
  availableSince: Instant | null;
  /** The event it shows. */
  eventId: string | null;
  /** How often in a row it did not show what it was sent. */
  silences: number;
  /** When that was last noticed: what was sent before then is no further silence. */
  silentAt: Instant;
}

const registrySchema = z.array(
  z.object({
    entity_id: z.string(),
    unique_id: z.coerce.string(),
    platform: z.string(),
    disabled_by: z.string().nullish(),
  }),
);
const partSchema = z.object({ s: z.string().optional(), a: z.record(z.string(), z.unknown()).optional() });
const updateSchema = z.object({
  a: z.record(z.string(), partSchema).optional(),
  c: z.record(z.string(), z.object({ '+': partSchema.optional() })).optional(),
  r: z.array(z.string()).optional(),
});

/**
 * Finds the entities by their unique ids, because people rename entity ids, and follows their states. An event entity
 * changes its state with every message it takes, so none is passed over.
 */
export function createDeliveryObserver(options: DeliveryObserverOptions): EntityObserver {
  return new SessionWitness(options);
}

class SessionWitness implements EntityObserver {
  readonly #options: DeliveryObserverOptions;
  readonly #listeners: (() => void)[] = [];
  /** By entity id. */
  #sights = new Map<string, Sight>();
  /** Who waits for an event to be shown, by unique id and event id. */
  readonly #waiting = new Map<string, Set<(isShown: boolean) => void>>();
  #session: Session | null = null;
  #unsubscribe: () => void = () => {};
  #isReading = false;
  #isOutdated = false;

  constructor(options: DeliveryObserverOptions) {
    this.#options = options;
    options.client.onSession((session) => void this.#begin(session));
    options.client.onChange(() => this.#tell());
  }

  presence(): 'here' | 'away' | 'unknown' {
    if (this.#session !== null) return 'here';
    return this.#options.client.health().state === 'needs_user' ? 'unknown' : 'away';
  }

  visibleSince(uniqueId: string): Instant | null {
    const sight = this.#sightOf(uniqueId);
    return sight !== undefined && sight.silences < proof.silences ? sight.availableSince : null;
  }

  shows(uniqueId: string, eventId: string): boolean {
    return this.#sightOf(uniqueId)?.eventId === eventId;
  }

  sees(uniqueId: string, eventId: string): Promise<boolean> {
    const { clock } = this.#options;
    const key = keyOf(uniqueId, eventId);
    const began = clock.now();
    const patience = new AbortController();
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(key) ?? new Set();
      const settle = (isShown: boolean) => {
        waiters.delete(settle);
        if (waiters.size === 0) this.#waiting.delete(key);
        patience.abort();
        resolve(isShown);
      };
      this.#waiting.set(key, waiters.add(settle));
      void this.#outlast(patience.signal, () => {
        this.#noteSilence(uniqueId, began);
        settle(false);
      });
    });
  }

  trouble(): Omit<PartHealth, 'part'> | null {
    const silent = [...this.#sights].filter(([, { silences }]) => silences >= proof.silences);
    if (silent.length === 0) return null;
    const sentence = `${silent.map(([entityId]) => entityId).join(' and ')} in Home Assistant does not show the events it is sent, so nothing proves that they arrive: is Home Assistant connected to the same broker as the bridge?`;
    return { state: 'degraded', sentence };
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async #begin(session: Session): Promise<void> {
    session.ended.addEventListener('abort', () => this.#end(), { once: true });
    try {
      const registryChanged = { type: 'subscribe_events', event_type: 'entity_registry_updated' };
      await session.subscribe(registryChanged, () => void this.#readAgain(session));
      await this.#read(session);
    } catch (thrown) {
      this.#cannotSee(session, thrown);
    }
    await this.#options.clock.wait(afterStart, session.ended).catch(() => {});
    if (session.ended.aborted) return;
    this.#session = session;
    this.#tell();
  }

  #end(): void {
    this.#session = null;
    this.#unsubscribe = () => {};
    this.#sights.clear();
    for (const waiters of this.#waiting.values()) for (const settle of waiters) settle(false);
    this.#tell();
  }

  /** Changes of the registry come in crowds: those that come while it is read make one more reading. */
  async #readAgain(session: Session): Promise<void> {
    this.#isOutdated = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isOutdated) {
        this.#isOutdated = false;
        await this.#read(session);
      }
    } catch (thrown) {
      this.#cannotSee(session, thrown);
    } finally {
      this.#isReading = false;
    }
    this.#tell();
  }

  async #read(session: Session): Promise<void> {
    const registry = registrySchema.parse(await session.command({ type: 'config/entity_registry/list' }));
    const { watches } = this.#options;
    const found = registry.filter(
      (entry) =>
        entry.platform === 'mqtt' && (entry.disabled_by ?? null) === null && watches(entry.unique_id),
    );
    const sights = new Map(
      found.map(({ entity_id: id, unique_id: uniqueId }) => {
        const known = this.#sights.get(id);
        return [id, known?.uniqueId === uniqueId ? known : blind(uniqueId)] as const;
      }),
    );
    const isSame =
      sights.size === this.#sights.size && [...sights.keys()].every((id) => this.#sights.has(id));
    if (isSame) return;
    this.#sights = sights;
    const before = this.#unsubscribe;
    this.#unsubscribe = sights.size === 0 ? () => {} : await this.#follow(session, [...sights.keys()]);
    before();
  }

  /** Subscribes to the states and waits for the first ones, which follow the confirmation. */
  async #follow(session: Session, entityIds: readonly string[]): Promise<() => void> {
    const first = new AbortController();
    const unsubscribe = await session.subscribe(
      { type: 'subscribe_entities', entity_ids: entityIds },
      (update) => {
        this.#update(update);
        first.abort();
      },
    );
    await this.#outlast(AbortSignal.any([first.signal, session.ended]), () => {});
    return unsubscribe;
  }

  #update(update: unknown): void {
    const { data } = updateSchema.safeParse(update);
    const added = Object.entries(data?.a ?? {});
    const changed = Object.entries(data?.c ?? {}).map(([id, { '+': part = {} }]) => [id, part] as const);
    for (const [entityId, { s: state, a: attributes }] of [...added, ...changed]) {
      const sight = this.#sights.get(entityId);
      if (sight === undefined) continue;
      const eventId = attributes?.['event_id'];
      if (typeof eventId === 'string') sight.eventId = eventId;
      // Attributes that stay the same are left out: an event that comes again changes the state alone.
      if (state !== undefined && state !== 'unavailable') this.#shown(sight);
      if (state !== undefined) this.#become(sight, state !== 'unavailable');
    }
    for (const entityId of data?.r ?? []) {
      const sight = this.#sights.get(entityId);
      if (sight !== undefined) this.#become(sight, false);
    }
  }

  #shown(sight: Sight): void {
    if (sight.eventId === null) return;
    sight.silences = 0;
    for (const settle of this.#waiting.get(keyOf(sight.uniqueId, sight.eventId)) ?? []) settle(true);
  }

  #become(sight: Sight, isAvailable: boolean): void {
    if ((sight.availableSince !== null) === isAvailable) return;
    sight.availableSince = isAvailable ? this.#options.clock.now() : null;
    this.#tell();
  }

  #noteSilence(uniqueId: string, sentAt: Instant): void {
    const { clock, log } = this.#options;
    const sight = this.#sightOf(uniqueId);
    if (sight === undefined || sentAt < sight.silentAt) return;
    sight.silentAt = clock.now();
    sight.silences += 1;
    if (sight.silences !== proof.silences) return;
    const sentence =
      'An event entity in Home Assistant does not show what it is sent: it no longer counts as proof';
    log.warn(sentence, { unique_id: uniqueId });
  }

  async #outlast(ended: AbortSignal, act: () => void): Promise<void> {
    await this.#options.clock.wait(proof.patience, ended).catch(() => {});
    if (!ended.aborted) act();
  }

  #sightOf(uniqueId: string): Sight | undefined {
    return [...this.#sights.values()].find((sight) => sight.uniqueId === uniqueId);
  }

  #cannotSee(session: Session, thrown: unknown): void {
    this.#sights.clear();
    if (session.ended.aborted) return;
    this.#options.log.warn('What Home Assistant’s event entities show cannot be seen', {
      why: messageOf(thrown),
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function blind(uniqueId: string): Sight {
  return { uniqueId, availableSince: null, eventId: null, silences: 0, silentAt: 0 };
}

function keyOf(uniqueId: string, eventId: string): string {
  return `${uniqueId} ${eventId}`;
}
