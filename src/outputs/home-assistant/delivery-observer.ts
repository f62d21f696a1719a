import { z } from 'zod';
import { coalesced, createNotifier, settlesWithin, sleep } from '../../async.ts';
import type { Monotonic } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import { messageOf } from '../../errors.ts';
import { confirmation } from '../../limits.ts';
import type { DeliveryObserver, OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import { createStartWatch, type StartOptions } from './start-watch.ts';
import type { Session } from './websocket-session.ts';

export interface DeliveryObserverOptions extends StartOptions {
  readonly client: HomeAssistantClient;
  readonly log: OutputLog;
  /** Which of Home Assistant's event entities are watched, by unique id. */
  readonly watches: (uniqueId: string) => boolean;
}

interface WatchedEntity {
  readonly uniqueId: string;
  readonly deviceId: string | null;
  availableSince: Monotonic | null;
  /** Whether it was available before, in this session. */
  wasThere: boolean;
  /** The event it shows. */
  eventId: string | null;
  /** How often in a row it did not show an event that was sent. */
  misses: number;
  /** When the last miss was noticed: events sent before then are no further miss. */
  missedAt: Monotonic;
}

const registrySchema = z.array(
  z.object({
    entity_id: z.string(),
    unique_id: z.coerce.string(),
    platform: z.string(),
    disabled_by: z.string().nullish(),
    device_id: z.string().nullish(),
  }),
);
const partSchema = z.object({ s: z.string().optional(), a: z.record(z.string(), z.unknown()).optional() });
const updateSchema = z.object({
  a: z.record(z.string(), partSchema).optional(),
  c: z.record(z.string(), z.object({ '+': partSchema.optional() })).optional(),
  r: z.array(z.string()).optional(),
});

/**
 * Finds the event entities by their unique ids, because people rename entity ids, and follows their states. An event
 * entity changes its state with every message it takes, so none is missed.
 */
export class EntityDeliveryObserver implements DeliveryObserver {
  readonly #options: DeliveryObserverOptions;
  readonly #changes = createNotifier();
  readonly #returns = createNotifier();
  /** By entity id. */
  #entities = new Map<string, WatchedEntity>();
  /** Callers of `sees`, by unique id and event id. */
  readonly #waiting = new Map<string, Set<(isShown: boolean) => void>>();
  readonly #isSettled: ReturnType<typeof createStartWatch>;
  #session: Session | null = null;
  /** Since when there has been no session. */
  #awaySince: Monotonic;
  #unsubscribe: () => void = () => {};

  constructor(options: DeliveryObserverOptions) {
    this.#options = options;
    this.#isSettled = createStartWatch(options);
    this.#awaySince = options.clock.monotonic();
    options.client.onSession((session) => void this.#begin(session));
    options.client.onChange(() => this.#changes.notify());
  }

  presence(): ReturnType<DeliveryObserver['presence']> {
    const { client } = this.#options;
    if (this.#session !== null) return 'here';
    if (client.session() !== null || client.isStarting()) return 'starting';
    return client.health().state === 'needs_user' ? 'unknown' : 'away';
  }

  awayFor(): number {
    return this.presence() === 'away' ? this.#options.clock.monotonic() - this.#awaySince : 0;
  }

  isUsed(): boolean {
    return this.#session !== null && [...this.#entities.values()].some(isVisible);
  }

  /** Null also for an entity that missed too many events in a row. */
  visibleSince(uniqueId: string): Monotonic | null {
    const entity = this.#entityOf(uniqueId);
    return entity !== undefined && isVisible(entity) ? entity.availableSince : null;
  }

  shows(uniqueId: string, eventId: string): boolean {
    return this.#entityOf(uniqueId)?.eventId === eventId;
  }

  async sees(uniqueId: string, eventId: string): Promise<boolean> {
    const { clock } = this.#options;
    const key = keyOf(uniqueId, eventId);
    const began = clock.monotonic();
    const shown = Promise.withResolvers<boolean>();
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(shown.resolve));
    const isInTime = await settlesWithin(clock, confirmation.timeout, shown.promise);
    waiters.delete(shown.resolve);
    if (waiters.size === 0) this.#waiting.delete(key);
    if (isInTime) return shown.promise;
    this.#noteMiss(uniqueId, began);
    return false;
  }

  /** Entities that do not show events although they are available; null where there are none. */
  trouble(): Omit<PartHealth, 'part'> | null {
    const missing = [...this.#entities].filter(([, { misses }]) => misses >= confirmation.misses);
    if (missing.length === 0) return null;
    const names = missing.map(([entityId]) => entityId).join(' and ');
    const sentence = `${names} in Home Assistant did not show the last events, so the bridge cannot confirm that events arrive. Check that Home Assistant is connected to the same broker as the bridge.`;
    return { state: 'degraded', sentence };
  }

  onChange(listener: () => void): void {
    this.#changes.subscribe(listener);
  }

  onReturn(listener: () => void): void {
    this.#returns.subscribe(listener);
  }

  async #begin(session: Session): Promise<void> {
    session.ended.addEventListener('abort', () => this.#end(), { once: true });
    // The registry often changes many times at once.
    const read = coalesced(() => this.#read(session));
    try {
      const registryChanged = { type: 'subscribe_events', event_type: 'entity_registry_updated' };
      await session.subscribe(registryChanged, () => void read().then(() => this.#changes.notify()));
      await read();
    } catch (thrown) {
      this.#cannotSee(session, thrown);
    }
    if (!(await this.#isSettled(session, () => this.#devices()))) return;
    this.#session = session;
    this.#changes.notify();
  }

  #devices(): ReadonlySet<string> {
    return new Set([...this.#entities.values()].flatMap(({ deviceId }) => deviceId ?? []));
  }

  #end(): void {
    this.#session = null;
    this.#awaySince = this.#options.clock.monotonic();
    this.#unsubscribe = () => {};
    this.#entities.clear();
    for (const waiters of this.#waiting.values()) for (const settle of waiters) settle(false);
    this.#changes.notify();
  }

  /** Never throws. */
  async #read(session: Session): Promise<void> {
    try {
      await this.#watch(session, await this.#wanted(session));
    } catch (thrown) {
      this.#cannotSee(session, thrown);
    }
  }

  /** The entities to watch, by entity id, with what is known of them already. */
  async #wanted(session: Session): Promise<Map<string, WatchedEntity>> {
    const registry = registrySchema.parse(await session.command({ type: 'config/entity_registry/list' }));
    const { watches } = this.#options;
    const found = registry.filter(
      (entry) =>
        entry.platform === 'mqtt' && (entry.disabled_by ?? null) === null && watches(entry.unique_id),
    );
    return new Map(
      found.map(({ entity_id: id, unique_id: uniqueId, device_id: deviceId = null }) => {
        const known = this.#entities.get(id);
        return [id, known?.uniqueId === uniqueId ? known : newEntity(uniqueId, deviceId)] as const;
      }),
    );
  }

  async #watch(session: Session, entities: Map<string, WatchedEntity>): Promise<void> {
    const isSame =
      entities.size === this.#entities.size &&
      [...entities].every(([id, entity]) => this.#entities.get(id) === entity);
    if (isSame) return;
    this.#entities = entities;
    const before = this.#unsubscribe;
    this.#unsubscribe = entities.size === 0 ? () => {} : await this.#follow(session, [...entities.keys()]);
    before();
  }

  /** Subscribes to the states and waits for the first ones, which come after the confirmation. */
  async #follow(session: Session, entityIds: readonly string[]): Promise<() => void> {
    const first = new AbortController();
    const unsubscribe = await session.subscribe(
      { type: 'subscribe_entities', entity_ids: entityIds },
      (update) => {
        this.#update(update);
        first.abort();
      },
    );
    await sleep(this.#options.clock, confirmation.timeout, AbortSignal.any([first.signal, session.ended]));
    return unsubscribe;
  }

  #update(update: unknown): void {
    const { data } = updateSchema.safeParse(update);
    const added = Object.entries(data?.a ?? {});
    const changed = Object.entries(data?.c ?? {}).map(([id, { '+': part = {} }]) => [id, part] as const);
    for (const [entityId, { s: state, a: attributes }] of [...added, ...changed]) {
      const entity = this.#entities.get(entityId);
      if (entity === undefined) continue;
      const eventId = attributes?.['event_id'];
      if (typeof eventId === 'string') entity.eventId = eventId;
      // Unchanged attributes are left out: an event that comes again changes the state alone.
      if (state !== undefined && state !== 'unavailable') this.#noteShown(entity);
      if (state !== undefined) this.#setAvailable(entity, state !== 'unavailable');
    }
    for (const entityId of data?.r ?? []) {
      const entity = this.#entities.get(entityId);
      if (entity !== undefined) this.#setAvailable(entity, false);
    }
  }

  #noteShown(entity: WatchedEntity): void {
    if (entity.eventId === null) return;
    entity.misses = 0;
    for (const settle of this.#waiting.get(keyOf(entity.uniqueId, entity.eventId)) ?? []) settle(true);
  }

  #setAvailable(entity: WatchedEntity, isAvailable: boolean): void {
    if ((entity.availableSince !== null) === isAvailable) return;
    entity.availableSince = isAvailable ? this.#options.clock.monotonic() : null;
    this.#changes.notify();
    if (isAvailable && entity.wasThere) this.#returns.notify();
    entity.wasThere ||= isAvailable;
  }

  #noteMiss(uniqueId: string, sentAt: Monotonic): void {
    const { clock, log } = this.#options;
    const entity = this.#entityOf(uniqueId);
    if (entity === undefined || sentAt < entity.missedAt) return;
    entity.missedAt = clock.monotonic();
    entity.misses += 1;
    if (entity.misses !== confirmation.misses) return;
    const sentence =
      'An event entity in Home Assistant did not show the last events; it no longer counts as confirmation';
    log.warn(sentence, { unique_id: uniqueId });
  }

  #entityOf(uniqueId: string): WatchedEntity | undefined {
    return [...this.#entities.values()].find((entity) => entity.uniqueId === uniqueId);
  }

  #cannotSee(session: Session, thrown: unknown): void {
    this.#entities.clear();
    if (session.ended.aborted) return;
    const reason = messageOf(thrown);
    this.#options.log.warn('Could not read the event entities of Home Assistant', { reason });
  }
}

function newEntity(uniqueId: string, deviceId: string | null): WatchedEntity {
  return { uniqueId, deviceId, availableSince: null, wasThere: false, eventId: null, misses: 0, missedAt: 0 };
}

function isVisible({ availableSince, misses }: WatchedEntity): boolean {
  return availableSince !== null && misses < confirmation.misses;
}

function keyOf(uniqueId: string, eventId: string): string {
  return `${uniqueId} ${eventId}`;
}
